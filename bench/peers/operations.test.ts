import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relativeError } from '../../test/support/check-op.ts';
import { type NdArray, randomArray } from '../../test/support/ndarray.ts';
import type { AnyReference } from '../../test/support/reference.ts';
import { references } from '../../test/support/references.ts';
import type { OpenedPeers, Pass, Peer, Values } from '../contract.ts';
import { openPeers } from './index.ts';

/** A peer's arithmetic may be coarser than ours, but a wrong formula is off by far more. */
const TOLERANCE = 2e-4;

let opened: OpenedPeers;
beforeAll(async () => {
  opened = await openPeers();
});
const refusals = new Map<string, string>();
afterAll(() => {
  for (const [what, why] of refusals) console.log(`${what}: ${why}`);
});

it('opens all four', () => {
  expect(opened.failures).toEqual([]);
  expect(opened.peers.map(({ name }) => name)).toEqual(['tfjs', 'jax-js', 'ort-web', 'webgpu-torch']);
});

/** Cases of ordinary magnitude: what a formula does with 1e4 or with a constant row is the library's own affair. */
function casesOf(reference: AnyReference) {
  const drawn = fc.sample(reference.cases, { numRuns: 12, seed: 5 });
  return drawn.slice(0, 3).map((one) => {
    const inputs = one.inputs.map(({ shape, data }: NdArray, index: number) =>
      reference.integers?.includes(index)
        ? { shape, data }
        : randomArray(shape, 10 + index, 0.8, index === 1 ? 1.5 : 0),
    );
    const positive = reference.op === 'log' || reference.op === 'sqrt';
    return {
      attributes: one.attributes,
      inputs: positive
        ? inputs.map(({ shape, data }) => ({ shape, data: data.map((x) => Math.abs(x) + 0.1) }))
        : inputs,
    };
  });
}

async function check(peer: Peer, reference: AnyReference, pass: Pass): Promise<void> {
  for (const { inputs, attributes } of casesOf(reference)) {
    const expected = reference.forward(inputs, attributes);
    const seed = randomArray(expected.shape, 77);
    const wanted = [expected];
    if (pass === 'gradient') {
      for (const gradient of reference.backward?.(inputs, attributes, seed) ?? []) {
        if (gradient) wanted.push(gradient);
      }
    }
    const values = inputs.map(({ shape, data }, index): Values => {
      const integers = reference.integers?.includes(index);
      return { shape, data: integers ? Uint32Array.from(data) : Float32Array.from(data) };
    });
    const shapes = inputs.map(({ shape }) => shape);
    const id = `${reference.op}/${JSON.stringify(shapes)}/${JSON.stringify(attributes)}/${pass}`;
    const kernel = {
      id,
      label: id,
      family: '',
      op: reference.op,
      attributes,
      shapes,
      pass,
      flops: 0,
      bytes: 0,
    };
    const runner = await peer.kernel(kernel, values, {
      shape: seed.shape,
      data: Float32Array.from(seed.data),
    });
    if ('cannot' in runner) {
      refusals.set(`${peer.name}, ${reference.op}, ${pass}`, runner.cannot);
      continue;
    }
    try {
      await runner.run(2);
      const results = await runner.results();
      expect(results.length, id).toBe(wanted.length);
      for (const [index, { data }] of wanted.entries()) {
        const error = relativeError(results[index] ?? [], data, 1e-2);
        expect(error, `${id}, result ${index}`).toBeLessThanOrEqual(TOLERANCE);
      }
    } finally {
      runner.dispose();
    }
  }
}

describe.each(['tfjs', 'jax-js', 'ort-web', 'webgpu-torch'])('%s', (name) => {
  const passes: Pass[] = name === 'tfjs' || name === 'jax-js' ? ['forward', 'gradient'] : ['forward'];
  for (const pass of passes) {
    it.each(references.map((reference) => [reference.op, reference] as const))(
      `%s, ${pass}`,
      async (_, reference) => {
        const peer = opened.peers.find((one) => one.name === name);
        expect(peer).toBeDefined();
        await check(peer as Peer, reference, pass);
      },
    );
  }
});
