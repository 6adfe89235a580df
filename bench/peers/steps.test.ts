import { beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../engine/index.ts';
import { type NamedTensors, Pretrainer, SIZES, type SpotrConfig } from '../../model/index.ts';
import { syntheticBatches, TOY } from '../../test/support/tiny-run.ts';
import type { OpenedPeers } from '../contract.ts';
import { openPeers } from './index.ts';

const STEPS = 3;
const HYPER = { learningRate: 1e-3, weightDecay: 0.1, clip: 1 };

let opened: OpenedPeers;
beforeAll(async () => {
  opened = await openPeers({ names: ['tfjs', 'jax-js'] });
  expect(opened.failures).toEqual([]);
});

/** Weights to start from, batches of one shape, and our losses on them. */
async function ours(config: SpotrConfig) {
  const engine = await openEngine();
  const options = {
    ...HYPER,
    config,
    conditioning: 'cls',
    seed: 3,
    steps: STEPS,
    schedule: 'constant',
  } as const;
  const trainer = Pretrainer.create(engine, { ...options, accumulation: 1 });
  const { encoder, decoder } = await trainer.state();
  const named = (prefix: string, tensors: NamedTensors) =>
    [...tensors].map(([name, tensor]) => [prefix + name, tensor] as const);
  const weights: NamedTensors = new Map([...named('encoder.', encoder), ...named('decoder.', decoder)]);
  const [batch] = syntheticBatches(0, { batchSize: 2 });
  if (!batch) throw new Error('no batch');
  // Three batches of one shape: the same windows, scaled along time so that each is another one.
  const batches = Array.from({ length: STEPS }, (_, step) => ({
    data: batch.signal.map((x, i) => x * (1 + 0.2 * Math.sin(0.01 * (step + 1) * i))),
    shape: batch.shape,
  }));
  const losses: number[] = [];
  for (const { data, shape } of batches) {
    const { result } = await trainer.train([{ signal: data, shape }]);
    losses.push((await result).loss);
  }
  return { weights, batches, losses };
}

describe.each([
  ['toy', TOY],
  ['tiny', SIZES.tiny],
] as const)('training at %s size', (_, config) => {
  let expected: Awaited<ReturnType<typeof ours>>;
  beforeAll(async () => {
    expected = await ours(config);
  });
  it.each(['tfjs', 'jax-js'])('%s has the losses that we have', async (name) => {
    const peer = opened.steps.find((one) => one.name === name);
    expect(peer).toBeDefined();
    const { weights, batches } = expected;
    const runner = await peer?.open({ config, weights, batches, ...HYPER });
    await runner?.run(STEPS);
    const losses = (await runner?.losses()) ?? [];
    runner?.dispose();
    console.log(`${name}: ${losses.join(', ')}; ours: ${expected.losses.join(', ')}`);
    expect(losses).toHaveLength(STEPS);
    for (const [step, loss] of expected.losses.entries()) {
      expect(Math.abs((losses[step] ?? 0) - loss) / loss, `step ${step}`).toBeLessThanOrEqual(1e-4);
    }
  });
});
