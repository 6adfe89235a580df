import { describe, expect, it } from 'vitest';
import { costOf } from '../../bench/suite/cases/costs.ts';
import { kernelCases, modelFlops, TYPICAL } from '../../bench/suite/cases/index.ts';
import { trainedParameters } from '../../bench/suite/cases/optimizer.ts';
import { partsOf } from '../../bench/suite/parts.ts';
import { referenceOf } from '../../bench/suite/references.ts';
import { registeredOps } from '../../engine/index.ts';
import { SIZES } from '../../model/index.ts';

const cases = kernelCases('full');

describe('kernel cases', () => {
  it('have names of their own, and the quick ones are among them', () => {
    const ids = new Set(cases.map(({ id }) => id));
    expect(ids.size).toBe(cases.length);
    for (const { id } of kernelCases('quick')) expect(ids).toContain(id);
  });

  it('are of operations with a reference, and move and compute something', () => {
    for (const { id, op, flops, bytes, family, shapes, attributes } of cases) {
      expect(referenceOf(op).op, id).toBe(op);
      const inputs = shapes.map((shape) => ({ shape, dtype: 'f32' as const }));
      const result = registeredOps().get(op)?.spec.shape(inputs, attributes);
      expect(op === 'adamw' ? 'f32' : result?.dtype, id).toBe('f32');
      expect(bytes, id).toBeGreaterThan(0);
      expect(Number.isSafeInteger(flops) && flops >= 0, `${id}: ${flops}`).toBe(true);
      expect(flops > 0 || family === 'copy', id).toBe(true);
    }
  });

  it('cover every kernel family of the model at each of the paper sizes', () => {
    const families = new Set(cases.map(({ family }) => family));
    for (const family of ['matmul', 'stem', 'layerNorm', 'attentionPool', 'selfAttention', 'optimizer']) {
      expect(families).toContain(family);
    }
    // The patch convolution of the base model, whose shape the paper's sizes give.
    expect(cases.map(({ id }) => id)).toContain('matmul/240x512x3200/gradient');
  });
});

describe('costs', () => {
  it('of a product count a multiply-add as two, and its gradients twice as much again', () => {
    const shapes = [
      [6, 5],
      [4, 5],
    ];
    const attributes = { bias: false, residual: false };
    expect(costOf('linear', shapes, attributes, 'forward')).toEqual({
      flops: 2 * 6 * 4 * 5,
      bytes: 4 * (30 + 20 + 24),
    });
    expect(costOf('linear', shapes, attributes, 'gradient')).toEqual({
      flops: 3 * 2 * 6 * 4 * 5,
      bytes: 4 * 2 * (30 + 20 + 24),
    });
  });

  it('of the base model agree with the paper: 2.6 billion multiply-adds a window of 12 x 2000', () => {
    // Convolutions 0.41, pooling 0.51, blocks 1.67; pooling before the values saves a part of the second.
    const products = modelFlops(SIZES.base, TYPICAL, 'embed') / 2e9;
    expect(products).toBeGreaterThan(2.4);
    expect(products).toBeLessThan(2.6);
  });

  it('of the optimiser go over all parameters but the norm that nothing uses', () => {
    expect(trainedParameters(SIZES.base)).toBe(74_691_780 - 512);
  });
});

describe('parts for the reference', () => {
  it('give every result of every case, each within what float64 loops can do', () => {
    for (const kernel of cases.filter(({ label }) => /12x2000|square|vector/.test(label))) {
      const parts = partsOf(kernel);
      const results = [0, ...kernel.shapes.map((_, input) => input + 1)];
      for (const result of kernel.pass === 'forward' ? [0] : results) {
        expect(
          parts.some(({ complete }) => complete[result]),
          `${kernel.id}: result ${result}`,
        ).toBe(true);
      }
      for (const { inputs, output } of parts) {
        for (const { shape, indices } of [...inputs, output]) {
          const count = shape.reduce((product, extent) => product * extent, 1);
          if (indices) expect(indices.length, kernel.id).toBe(count);
        }
      }
    }
  });
});
