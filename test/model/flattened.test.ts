import { describe, expect, it } from 'vitest';
import type { Engine } from '../../engine/index.ts';
import { Finetuner } from '../../evaluate/index.ts';
import { loadEncoder, loadSpotr, ModelError, type PretrainState, randomEncoder } from '../../model/index.ts';
import { testEngine } from '../support/engine.ts';
import { lossesOf, syntheticBatches, TOY, tinyPretrainer } from '../support/tiny-run.ts';

const SIGNAL = Float32Array.from({ length: 2 * 3 * 420 }, (_, i) => Math.sin(i * 0.3) + (i % 5));

async function tokensOf(engine: Engine, loaded: ReturnType<typeof loadEncoder>) {
  using _scope = engine.scope();
  const tokens = loaded.encoder.encode(engine.tensor(SIGNAL, [2, 3, 420]));
  const result = { shape: tokens.shape, values: await engine.read(tokens) };
  loaded.arenas.dispose();
  return result;
}

function batchOf(step: number) {
  const [batch] = syntheticBatches(step);
  if (!batch) throw new Error('no batch');
  return batch;
}

describe.each(['cls', 'tokens'] as const)(
  'SPOTR without the compactor, conditioned on %s',
  (conditioning) => {
    const options = { config: TOY, conditioning, compaction: 'none' } as const;

    it('learns: the loss of one batch, seen again and again, falls', async () => {
      const engine = await testEngine();
      const trainer = tinyPretrainer(engine, { ...options, steps: 60, learningRate: 5e-3 });
      const batch = batchOf(0);
      const before = await trainer.evaluate(batch);
      for (let i = 0; i < 60; i++) await trainer.train([batch]);
      const after = await trainer.evaluate(batch);
      expect(after.loss).toBeLessThan(0.95 * before.loss);
      expect(after.loss).toBeLessThan(after.zeroLoss);
    });

    it('gives a gradient to every weight of the encoder but the unused norm', async () => {
      const engine = await testEngine();
      const trainer = tinyPretrainer(engine, { ...options, steps: 3 });
      // The class token starts at zero, so that the first update does not reach what makes its query.
      for (let step = 0; step < 2; step++) await (await trainer.train([batchOf(step)])).result;
      const { optimizer } = await trainer.state();
      const still = [...optimizer].flatMap(([name, { data }]) =>
        name.startsWith('exp_avg_sq.encoder.') && data.every((value) => value === 0) ? [name] : [],
      );
      expect(still).toEqual([]);
      expect([...optimizer.keys()].filter((name) => /encoder\.(spatial|temporal)_attn/.test(name))).toEqual(
        [],
      );
    });

    it('replays the eager run bit for bit, and computes the same with checkpointing', async () => {
      const engine = await testEngine();
      const captured = await lossesOf(engine, { ...options, steps: 4 });
      expect(await lossesOf(engine, { ...options, steps: 4, eager: true })).toEqual(captured);
      expect(await lossesOf(engine, { ...options, steps: 4, checkpointing: true })).toEqual(captured);
    });

    it('continues from a saved state with the bits of the uninterrupted run', async () => {
      const engine = await testEngine();
      const whole = await lossesOf(engine, { ...options, steps: 6 });
      const half = tinyPretrainer(engine, { ...options, steps: 6 });
      for (let step = 0; step < 3; step++) await (await half.train(syntheticBatches(step))).result;
      const resumed = tinyPretrainer(engine, { ...options, steps: 6, seed: 99 });
      resumed.load({ ...(await half.state()), step: half.step });
      for (let step = 3; step < 6; step++) {
        const { result } = await resumed.train(syntheticBatches(step));
        expect((await result).loss).toBe(whole[step]);
      }
    });
  },
);

describe('an encoder without the compactor', () => {
  it('is known by its tensors, and gives a token a patch', async () => {
    const engine = await testEngine();
    const trainer = tinyPretrainer(engine, { steps: 1, config: TOY, compaction: 'none' });
    const { encoder } = await trainer.state();
    const { shape, values } = await tokensOf(engine, loadEncoder(engine, TOY, encoder));
    // 420 samples are padded to 600: 12 patches of 50.
    expect(shape).toEqual([2, 1 + 3 * 12, TOY.encoderDim]);
    // The same seed gives the same weights, whether they are to be trained or not.
    const fresh = await tokensOf(engine, randomEncoder(engine, TOY, 1, { compaction: 'none' }));
    expect(fresh.values).toEqual(values);
    const compacted = await tokensOf(engine, randomEncoder(engine, TOY, 1));
    expect(compacted.shape).toEqual([2, 1 + 3 + 12, TOY.encoderDim]);
  });

  it('renders and is tuned as what it is, told by its tensors or by name', async () => {
    const engine = await testEngine();
    const trainer = tinyPretrainer(engine, { steps: 1, config: TOY, compaction: 'none' });
    const weights = await trainer.state();
    const batch = batchOf(0);
    const { reconstruction } = await trainer.evaluate(batch);
    const model = loadSpotr(engine, { config: TOY }, weights);
    expect(model.compaction).toBe('none');
    const step = engine.step('render', (x) => engine.noGrad(() => [model.forward(x).reconstruction]));
    const [rendered] = await step.run({ data: batch.signal, shape: batch.shape });
    expect(rendered && (await engine.read(rendered))).toEqual(reconstruction);
    step.dispose();
    model.arenas.dispose();
    const options = { config: TOY, seed: 1, encoder: weights.encoder };
    new Finetuner(engine, 2, { ...options, compaction: 'none' }).dispose();
    expect(() => new Finetuner(engine, 2, options)).toThrow(/spatial_attn\.wq\.weight \[16,16\] is missing/);
  });

  it('is refused where it is mixed with the compactor', async () => {
    const engine = await testEngine();
    const stateOf = (compaction: 'spotr' | 'none') =>
      tinyPretrainer(engine, { steps: 1, config: TOY, compaction }).state();
    const [compacted, flat] = [await stateOf('spotr'), await stateOf('none')];
    const load = (compaction: 'spotr' | 'none', { encoder, decoder }: PretrainState) =>
      tinyPretrainer(engine, { steps: 1, config: TOY, compaction }).load({ encoder, decoder, step: 1 });
    expect(() => load('none', compacted)).toThrow(/spatial_attn\.wq\.weight \[16,16\] is not of this model/);
    expect(() => load('spotr', flat)).toThrow(/spatial_attn\.wq\.weight \[16,16\] is missing/);
    const torn = new Map([...compacted.encoder].filter(([name]) => !name.startsWith('temporal_attn.')));
    expect(() => loadEncoder(engine, TOY, torn)).toThrow(ModelError);
    expect(() => loadEncoder(engine, TOY, torn)).toThrow(/temporal_attn\.wo\.weight \[16,16\] is missing/);
  });
});
