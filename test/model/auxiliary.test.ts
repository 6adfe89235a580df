/** Heads beside the renderer: what they minimise, in float64, and that nothing else changes by them. */
import { describe, expect, it } from 'vitest';
import { backward, type Engine, Random } from '../../engine/index.ts';
import {
  type AuxiliaryHead,
  type AuxiliaryOptions,
  ModelError,
  type Pretrainer,
  type PretrainOptions,
  type PretrainState,
  type SignalBatch,
} from '../../model/index.ts';
import { stateDigests } from '../support/digest.ts';
import { testEngine } from '../support/engine.ts';
import { hasHalf } from '../support/half.ts';
import { TOY } from '../support/tiny-run.ts';
import { maxError, toyTrainer } from '../support/toy-trainer.ts';

const half = await hasHalf('auxiliary heads of a model of f16');

const BANDS: AuxiliaryHead = { name: 'bands', weight: 1, predicts: 3 };
const LINEAR: AuxiliaryHead = { name: 'linear', weight: 0.5, predicts: 'waveform' };
const BOTH: AuxiliaryOptions = { heads: [BANDS, LINEAR], channels: 3, samples: 400 };
/** Values that the heads of BOTH give of the largest batch. */
const [BAND_ROWS, LINEAR_ROWS] = [3 * 3, 3 * 400];

const trainerOf = (engine: Engine, options: Partial<PretrainOptions> = {}) =>
  toyTrainer(engine, { auxiliary: BOTH, ...options });

/** Windows [2, channels, samples] of noise, and what the band head is to predict of them. */
function batchOf(seed: number, channels = 2, samples = 350): SignalBatch {
  const [signal, bands] = [new Float32Array(2 * channels * samples), new Float32Array(2 * channels * 3)];
  new Random(seed).fillNormal(signal);
  new Random(seed + 100).fillNormal(bands);
  return { signal, shape: [2, channels, samples], targets: { bands } };
}

const tensor = (state: PretrainState, name: string): Float32Array => {
  const found = state.optimizer.get(name);
  if (!found) throw new Error(`no ${name}`);
  return found.data as Float32Array;
};

async function train(trainer: Pretrainer, batches: readonly SignalBatch[]) {
  return (await trainer.train(batches)).result;
}

/** In float64: loss, gradients and the gradient by the token, of a head of `most` channels by `width` rows each. */
function reference(
  h: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
  truth: ArrayLike<number>,
  { channels, own, width }: { channels: number; own: number; width: number },
) {
  const dim = TOY.encoderDim;
  const batch = h.length / dim;
  const count = batch * channels * own;
  const [dw, db, dh] = [weight, bias, h].map(({ length }) => new Float64Array(length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  let loss = 0;
  for (let b = 0; b < batch; b++)
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < own; i++) {
        const row = c * width + i;
        let predicted = bias[row] as number;
        for (let d = 0; d < dim; d++)
          predicted += (h[b * dim + d] as number) * (weight[row * dim + d] as number);
        const error = predicted - (truth[(b * channels + c) * own + i] as number);
        loss += error ** 2 / count;
        const slope = (2 * error) / count;
        db[row] = (db[row] as number) + slope;
        for (let d = 0; d < dim; d++) {
          dw[row * dim + d] = (dw[row * dim + d] as number) + slope * (h[b * dim + d] as number);
          dh[b * dim + d] = (dh[b * dim + d] as number) + slope * (weight[row * dim + d] as number);
        }
      }
  return { loss, dw, db, dh };
}

describe('auxiliary heads', () => {
  it('have the losses and gradients of their equations, each with its weight', async () => {
    const engine = await testEngine();
    const trainer = trainerOf(engine);
    const plain = trainerOf(engine, { auxiliary: undefined as never });
    const before = await trainer.state();
    const batch = batchOf(1);
    const { signal, shape } = batch;
    const embed = engine.step('embed', (x) => engine.noGrad(() => [trainer.model.embed(x)]));
    const [h] = (await embed.read({ data: signal, shape })) as [Float32Array];
    const { target } = await trainer.evaluate(batch);
    const head = (name: string, truth: ArrayLike<number>, own: number, width: number) =>
      reference(h, tensor(before, `heads.${name}.weight`), tensor(before, `heads.${name}.bias`), truth, {
        channels: 2,
        own,
        width,
      });
    const bands = head('bands', batch.targets?.bands as Float32Array, 3, 3);
    const linear = head('linear', target, 400, 400);
    const told = await train(trainer, [batch]);
    const alone = await train(plain, [batch]);
    expect(told.loss).toBe(alone.loss);
    expect(alone.auxiliary).toEqual({});
    expect(told.auxiliary.bands).toBeCloseTo(bands.loss, 5);
    expect(told.auxiliary.linear).toBeCloseTo(linear.loss, 5);
    const after = await trainer.state();
    const moment = (name: string) => tensor(after, `exp_avg.${name}`).map((value) => 10 * value);
    for (const [name, { dw, db }, weight] of [
      ['bands', bands, 1],
      ['linear', linear, 0.5],
    ] as const) {
      const [w, b] = [dw, db].map((values) => values.map((value) => weight * value)) as [
        Float64Array,
        Float64Array,
      ];
      expect(maxError(moment(`heads.${name}.weight`), w).error, name).toBeLessThan(1e-4);
      expect(maxError(moment(`heads.${name}.bias`), b).error, name).toBeLessThan(1e-4);
    }
    // The third channel is not of this batch: its rows have no gradient.
    expect(
      moment('heads.bands.bias')
        .subarray(6)
        .every((value) => value === 0),
    ).toBe(true);
    expect(
      moment('heads.bands.bias')
        .subarray(0, 6)
        .every((value) => value !== 0),
    ).toBe(true);

    // What reaches the encoder is the reconstruction's gradient and those of the heads by the token, together.
    const byToken = Float32Array.from(h, (_, i) => (bands.dh[i] as number) + 0.5 * (linear.dh[i] as number));
    const { model } = plain;
    const fresh = trainerOf(engine, { auxiliary: undefined as never });
    const through = engine.step('through', (x, seed) => {
      fresh.model.arenas.clearGrads();
      backward(fresh.model.embed(x), { seed });
      return [fresh.model.encoder.get('cls_token').grad];
    });
    const [byHeads] = (await through.read(
      { data: signal, shape },
      { data: byToken, shape: [2, 1, TOY.encoderDim] },
    )) as [Float32Array];
    const byLoss = tensor(await plain.state(), 'exp_avg.encoder.cls_token');
    const sum = Float32Array.from(byHeads, (value, i) => value + 10 * (byLoss[i] as number));
    expect(maxError(moment('encoder.cls_token'), sum).error).toBeLessThan(1e-4);
    expect(maxError(byHeads, sum).size).toBeGreaterThan(0);
    expect(maxError(byHeads, sum).error).toBeGreaterThan(0.01);
    expect(told.gradNorm).toBeGreaterThan(alone.gradNorm);
    expect(model.parameterCount).toBe(trainer.parameterCount);
  });

  it.each(['cls', 'tokens'] as const)(
    'replay the eager run, with and without checkpointing, bit for bit, conditioned on %s',
    async (conditioning) => {
      const engine = await testEngine();
      const run = async (options: Partial<PretrainOptions>) => {
        const trainer = trainerOf(engine, { conditioning, ...options });
        const told = [];
        for (let step = 0; step < 3; step++) told.push(await train(trainer, [batchOf(step, 1 + step)]));
        const state = await stateDigests(await trainer.state());
        trainer.dispose();
        return { told, state };
      };
      const expected = await run({});
      expect(new Set(expected.told.map(({ auxiliary }) => auxiliary.bands)).size).toBe(3);
      expect(await run({ eager: true })).toEqual(expected);
      expect(await run({ checkpointing: true })).toEqual(expected);
      expect(await run({ compaction: 'none' })).not.toEqual(expected);
    },
  );

  it('average over the batches of an update, whatever their shapes', async () => {
    const engine = await testEngine();
    const batches = [batchOf(1, 3, 400), batchOf(2, 1, 200)];
    const together = trainerOf(engine, { accumulation: 2 });
    const both = await train(together, batches);
    const apart = await Promise.all(
      batches.map(async (batch) => {
        const trainer = trainerOf(engine);
        const told = await train(trainer, [batch]);
        return { told, state: await trainer.state() };
      }),
    );
    for (const name of ['bands', 'linear'] as const) {
      const mean = apart.reduce((sum, { told }) => sum + (told.auxiliary[name] as number) / 2, 0);
      expect(both.auxiliary[name]).toBeCloseTo(mean, 6);
      const moment = `exp_avg.heads.${name}.weight`;
      const gradients = apart.map(({ state }) => tensor(state, moment));
      const wanted = gradients[0]?.map((value, i) => (value + (gradients[1]?.[i] as number)) / 2);
      expect(maxError(tensor(await together.state(), moment), wanted as Float32Array).error).toBeLessThan(
        1e-4,
      );
    }
    expect(both.loss).toBeCloseTo(
      apart.reduce((sum, { told }) => sum + told.loss / 2, 0),
      6,
    );
  });

  it('and the model forget the gradients of the batch before, where this one reaches less', async () => {
    const engine = await testEngine();
    const trainer = trainerOf(engine);
    await train(trainer, [batchOf(1, 3, 400)]);
    const before = await trainer.state();
    await train(trainer, [batchOf(2, 1, 200)]);
    const after = await trainer.state();
    // The first row of the first channel is of both batches, the last row of the last channel of the first batch alone.
    const dim = TOY.encoderDim;
    for (const name of ['heads.bands.weight', 'heads.linear.weight', 'encoder.pos_embed']) {
      const [m, now] = [before, after].map((state) => tensor(state, `exp_avg.${name}`)) as [
        Float32Array,
        Float32Array,
      ];
      const last = name === 'encoder.pos_embed' ? m.findLastIndex((value) => value !== 0) + 1 : m.length;
      const decayed = m.subarray(last - dim, last).map((value) => 0.9 * value);
      expect(maxError(decayed, decayed).size, name).toBeGreaterThan(0);
      expect(maxError(now.subarray(last - dim, last), decayed).error, name).toBeLessThan(1e-5);
    }
  });

  it('go on from a saved state with the bits of the uninterrupted run', async () => {
    const engine = await testEngine();
    const run = async (trainer: Pretrainer, from: number, to: number) => {
      const told = [];
      for (let step = from; step < to; step++) told.push(await train(trainer, [batchOf(step)]));
      return told;
    };
    const whole = trainerOf(engine);
    const told = await run(whole, 0, 6);
    const first = trainerOf(engine);
    await run(first, 0, 3);
    const state = await first.state();
    const resumed = trainerOf(engine, { seed: 99 });
    resumed.load({ ...state, step: 3 });
    expect(await run(resumed, 3, 6)).toEqual(told.slice(3));
    expect(await stateDigests(await resumed.state())).toEqual(await stateDigests(await whole.state()));
  });

  it('are refused where a state has others, and everything is as it was', async () => {
    const engine = await testEngine();
    const trainer = trainerOf(engine);
    const plain = trainerOf(engine, { auxiliary: undefined as never });
    const [state, without] = [await trainer.state(), await plain.state()];
    const before = await stateDigests(state);
    expect(() => trainer.load({ ...without, step: 5 })).toThrow(/heads\.|heads:/);
    expect(() => plain.load({ ...state, step: 5 })).toThrow(
      /a run with auxiliary heads \(bands\.weight, bands\.bias, .*\), but none are trained here/,
    );
    const optimizer = new Map(state.optimizer);
    optimizer.delete('heads.linear.bias');
    expect(() => trainer.load({ ...state, optimizer, step: 5 })).toThrow(/linear\.bias .*is missing/);
    expect([trainer.step, plain.step]).toEqual([0, 0]);
    expect(await stateDigests(await trainer.state())).toEqual(before);
    // Weights alone, as of a run that is started from them: the heads stay fresh.
    const { encoder, decoder } = state;
    plain.load({ encoder, decoder, step: 0 });
    expect(await stateDigests(await plain.state())).toEqual(await stateDigests(without));
  });

  it('take the calls in their order, and the arrays at the call', async () => {
    const engine = await testEngine();
    const sequence = async (waits: boolean) => {
      const trainer = trainerOf(engine);
      const told: unknown[] = [];
      for (let step = 0; step < 3; step++) {
        const batch = batchOf(step);
        const update = trainer.train([batch]).then(({ result }) => result);
        batch.targets?.bands?.fill(0);
        batch.signal.fill(0);
        told.push(waits ? await update : update);
      }
      const all = await Promise.all(told);
      trainer.dispose();
      await expect(trainer.train([batchOf(0)])).rejects.toThrow('dispose()');
      return all;
    };
    expect(await sequence(false)).toEqual(await sequence(true));
  });

  it('say what does not fit: targets, sizes, names and weights', async () => {
    const engine = await testEngine();
    const trainer = trainerOf(engine);
    const { targets, ...bare } = batchOf(1);
    for (const [batch, message] of [
      [bare, /nothing for the auxiliary head "bands" to predict; it must be 12, 3 of each of 2 channels/],
      [{ ...bare, targets: { bands: new Float32Array(5) } }, /has 5 values for the auxiliary head "bands"/],
      [batchOf(1, 4), /has 4 channels; the auxiliary heads were made for 3/],
      [batchOf(1, 1, 401), /has 401 samples; the auxiliary heads were made for 400/],
    ] as const)
      await expect(trainer.train([batch])).rejects.toThrow(message);
    expect(trainer.step).toBe(0);
    for (const [auxiliary, message] of [
      [{ ...BOTH, heads: [BANDS, BANDS] }, /two auxiliary heads "bands"/],
      [{ ...BOTH, heads: [{ ...BANDS, weight: Number.NaN }] }, /weight of the auxiliary head "bands" is NaN/],
      [{ ...BOTH, heads: [{ ...BANDS, predicts: 1.5 }] }, /"bands" predicts 1.5 values/],
      [{ ...BOTH, channels: 0 }, /channels of the auxiliary heads is 0/],
    ] as const)
      expect(() => trainerOf(engine, { auxiliary }), String(message)).toThrow(message);
    expect(() => trainerOf(engine, { auxiliary: { ...BOTH, samples: Number.NaN } })).toThrow(ModelError);
    // No heads at all is no mistake.
    expect(() => trainerOf(engine, { auxiliary: { ...BOTH, heads: [] } })).not.toThrow();
  });

  it.runIf(half)('train a model whose activations are f16', async () => {
    const engine = await testEngine();
    const [whole, halved] = [trainerOf(engine), trainerOf(engine, { precision: 'f16' })];
    const wanted = await train(whole, [batchOf(1)]);
    // A class token of zeros has large gradients at first, with heads on it more so: the loss scale is halved until they fit.
    let found = await train(halved, [batchOf(1)]);
    for (let halvings = 0; found.overflowed && halvings < 8; halvings++)
      found = await train(halved, [batchOf(1)]);
    expect(found.overflowed).toBe(false);
    for (const name of ['bands', 'linear'] as const)
      expect(found.auxiliary[name]).toBeCloseTo(wanted.auxiliary[name] as number, 1);
    expect(found.gradNorm / wanted.gradNorm).toBeCloseTo(1, 1);
  });

  it('have one row for each value of each channel index', async () => {
    const engine = await testEngine();
    const state = await trainerOf(engine).state();
    expect(tensor(state, 'heads.bands.bias')).toHaveLength(BAND_ROWS);
    expect(tensor(state, 'heads.linear.weight')).toHaveLength(LINEAR_ROWS * TOY.encoderDim);
  });

  it("begin as PyTorch's linear layers do, however wide the model's weights are drawn", async () => {
    const engine = await testEngine();
    const [paper, wide] = [
      await trainerOf(engine).state(),
      await trainerOf(engine, { weightInit: 'wide' }).state(),
    ];
    // U(+-1/sqrt(fan in)).
    const bound = 1 / Math.sqrt(TOY.encoderDim);
    for (const name of ['heads.linear.weight', 'heads.linear.bias']) {
      const values = tensor(paper, name);
      expect(tensor(wide, name)).toEqual(values);
      const { size } = maxError(values, values);
      expect(size).toBeLessThanOrEqual(bound);
      expect(size).toBeGreaterThan(0.99 * bound);
    }
  });
});
