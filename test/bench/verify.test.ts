import { describe, expect, it } from 'vitest';
import { kernelCases } from '../../bench/suite/cases/index.ts';
import { partsOf } from '../../bench/suite/parts.ts';
import { referenceOf } from '../../bench/suite/references.ts';
import { onHost, valuesOf } from '../../bench/suite/values.ts';
import { verifier } from '../../bench/suite/verify.ts';

const cases = kernelCases('quick');
const find = (id: string) => {
  const kernel = cases.find((one) => one.id === id);
  if (!kernel) throw new Error(`There is no case ${id}.`);
  return kernel;
};

/** Exact results of a case, as a device without rounding would give them. */
function exact(id: string) {
  const kernel = find(id);
  const values = valuesOf(kernel);
  const reference = referenceOf(kernel.op);
  const results = [
    reference.forward(values.inputs, kernel.attributes),
    ...(reference.backward?.(values.inputs, kernel.attributes, values.seed) ?? []),
  ].flatMap((result) => (result ? [Float32Array.from(result.data)] : []));
  return { kernel, values, results, verify: verifier(kernel, values) };
}

// Cut into rows and columns, into heads, and whole; attention is compared by one head of eight.
const CUT = [
  'matmul/33x128x512+residual/gradient',
  'selfAttention/1x33x384/8 heads/gradient',
  'crossAttention/1x240x64,1x33x128/8 heads/gradient',
  'attentionPool/1x12x20x384/channels/gradient',
  'rmsNorm/33x128,128/gradient',
  'softCrossEntropy/128x6,128x6/gradient',
];

describe('verification by parts', () => {
  it.each(CUT)('%s: parts agree with the whole, and a wrong value in any result is seen', (id) => {
    const { kernel, results, verify } = exact(id);
    const right = verify(results);
    expect(right.wrong).toBeNull();
    expect(right.error).toBeLessThan(1e-6);
    for (const [index, result] of results.entries()) {
      const spoiled = results.map((one) => Float32Array.from(one));
      // All values a thousandth off: whatever part is looked at, it must show.
      spoiled[index] = result.map((value) => value * 1.001);
      expect(verify(spoiled).wrong, `${kernel.id}: result ${index}`).toMatch(/is off by 1\.0e-3/);
    }
  });

  it('sees NaN, missing results and wrong sizes', () => {
    const { results, verify } = exact('rmsNorm/33x128,128/gradient');
    const [output, dx, dw] = results as [Float32Array, Float32Array, Float32Array];
    const spoiled = Float32Array.from(output);
    spoiled[7] = Number.NaN;
    expect(verify([spoiled, dx, dw]).wrong).toMatch(/the result is off by NaN/);
    expect(verify([output, dx]).wrong).toMatch(/gradient of input 1 is missing/);
    expect(verify([output, dx.slice(1), dw]).wrong).toMatch(/4223 values instead of 4224/);
  });

  it('looks at both ends of a product', () => {
    const kernel = find('matmul/128x128x128/forward');
    const rows = partsOf(kernel)[0]?.output.indices;
    expect(rows?.[0]).toBe(0);
    expect(rows?.at(-1)).toBe(128 * 128 - 1);
  });

  it('gives labels to the device as integers below the classes', () => {
    const kernel = find('crossEntropy/128x6,128/forward');
    const [, labels] = onHost(kernel, valuesOf(kernel)).inputs;
    expect(labels?.data).toBeInstanceOf(Uint32Array);
    expect(Math.max(...(labels?.data ?? [9]))).toBeLessThan(6);
  });
});
