import { openEngine } from '../../engine/index.ts';
import { type NamedTensors, SIZES, Spotr } from '../../model/index.ts';
import type { KernelCase, Values } from '../contract.ts';
import { openPeers } from './index.ts';

export interface PageReport {
  /** Largest difference from the exact product, by peer; or why there is none. */
  readonly products: Record<string, number | string>;
  readonly failures: readonly { readonly name: string; readonly reason: string }[];
  /** Of three steps of the tiny model, by peer. */
  readonly losses: Record<string, number[]>;
}

/** Runs in the page: one product in every peer, and three training steps in one that differentiates. */
export default async function check({ steps: names }: { steps: string[] }): Promise<PageReport> {
  const { peers, steps, failures } = await openPeers();
  const n = 64;
  const ones = (value: number): Values => ({ data: new Float32Array(n * n).fill(value), shape: [n, n] });
  const product: KernelCase = {
    id: 'matmul',
    label: 'matmul',
    family: 'matmul',
    op: 'linear',
    attributes: { bias: false, residual: false },
    shapes: [
      [n, n],
      [n, n],
    ],
    pass: 'forward',
    flops: 2 * n ** 3,
    bytes: 12 * n * n,
  };
  const products: PageReport['products'] = {};
  for (const peer of peers) {
    const runner = await peer.kernel(product, [ones(2), ones(3)], ones(1));
    if ('cannot' in runner) {
      products[peer.name] = runner.cannot;
      continue;
    }
    await runner.run(2);
    const [result = new Float32Array()] = await runner.results();
    products[peer.name] =
      result.length === n * n ? Math.max(...result.map((x) => Math.abs(x - 6 * n))) : 'no result';
    runner.dispose();
  }
  const losses: PageReport['losses'] = {};
  const engine = await openEngine();
  const model = new Spotr(engine, { config: SIZES.tiny, seed: 1 });
  const weights: NamedTensors = new Map(
    [await model.encoder.save(engine), await model.decoder.save(engine)].flatMap((tensors, index) =>
      [...tensors].map(([name, tensor]) => [`${index ? 'decoder' : 'encoder'}.${name}`, tensor] as const),
    ),
  );
  const shape = [2, 2, 200];
  const data = Float32Array.from(
    { length: 800 },
    (_, i) => Math.sin(0.1 * i) + Math.sin(0.37 * i * (1 + (i % 7))),
  );
  for (const peer of steps.filter(({ name }) => names.includes(name))) {
    const hyper = { learningRate: 1e-3, weightDecay: 0.1, clip: 1 };
    const runner = await peer.open({ config: SIZES.tiny, weights, batches: [{ data, shape }], ...hyper });
    await runner.run(3);
    losses[peer.name] = await runner.losses();
    runner.dispose();
  }
  return { products, failures, losses };
}
