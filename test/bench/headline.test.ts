import { describe, expect, it } from 'vitest';
import { type Contender, randomState } from '../../bench/headline/contender.ts';
import { flattened } from '../../bench/headline/flattened.ts';
import { headlineRows } from '../../bench/headline/index.ts';
import { MOMENT_BASE, type MomentSizes, moment } from '../../bench/headline/moment.ts';
import { SHAPES, shapeName, type WindowShape } from '../../bench/headline/shapes.ts';
import { spotr } from '../../bench/headline/spotr.ts';
import { aggregatorMultiplyAdds, embeddingMultiplyAdds } from '../../bench/headline/work.ts';
import { type Engine, openEngine } from '../../engine/index.ts';
import { Encoder } from '../../model/encoder.ts';
import { loadEncoder, SIZES, type SpotrConfig } from '../../model/index.ts';
import { relativeError } from '../support/check-op.ts';
import { testEngine } from '../support/engine.ts';
import { type NdArray, randomArray } from '../support/ndarray.ts';
import { flattenedEmbedding, momentEmbedding, type Weight } from './float64-encoder.ts';

const CONFIG: SpotrConfig = {
  encoderDim: 16,
  decoderDim: 8,
  encoderLayers: 2,
  decoderLayers: 1,
  heads: 2,
  patch: 50,
};
const MOMENT: MomentSizes = { dim: 24, layers: 2, heads: 3, feedForward: 20, patch: 8, window: 64 };

/** What a contender makes of a signal, and its weights in float64. */
async function embedded(engine: Engine, contender: Contender, signal: NdArray) {
  const { embed, arenas } = contender.build(engine);
  const step = engine.step(contender.name, (x) => [embed(x)]);
  try {
    const [result] = await step.run({ data: Float32Array.from(signal.data), shape: signal.shape });
    if (!result) throw new Error('The step gave no result.');
    const { shape } = result;
    const data = await engine.read(result);
    const weights = new Map<string, NdArray>();
    for (const [name, parameter] of arenas.parameters) {
      const values = Float64Array.from(await engine.read(parameter));
      weights.set(name, { shape: parameter.shape, data: values });
    }
    const weight: Weight = (key) => weights.get(key) ?? expect.fail(`There is no weight ${key}.`);
    return { shape, data, weight };
  } finally {
    step.dispose();
    arenas.dispose();
  }
}

describe('the encoders of the headline', () => {
  it("embeds as the model's own encoder, loaded from the same weights", async () => {
    const engine = await testEngine();
    const signal = randomArray([1, 3, 420], 1);
    const { data } = await embedded(engine, spotr(CONFIG), signal);
    const { state, arenas } = randomState(engine, (init) => Encoder.weights(init, CONFIG));
    const tensors = await state.save(engine);
    const unused = { shape: [CONFIG.encoderDim], data: new Float32Array(CONFIG.encoderDim) };
    const own = loadEncoder(engine, CONFIG, tensors.set('norm.weight', unused));
    using _scope = engine.scope();
    const embedding = own.encoder.embed(engine.tensor(Float32Array.from(signal.data), signal.shape));
    expect(await engine.read(embedding)).toEqual(data);
    own.arenas.dispose();
    arenas.dispose();
  });

  it.each([
    [1, 420],
    [3, 400],
    [4, 150],
  ])('flattens %d channels of %d samples as float64 does', async (channels, samples) => {
    const engine = await testEngine();
    const signal = randomArray([1, channels, samples], 2, 3, 1);
    const { data, weight } = await embedded(engine, flattened(CONFIG), signal);
    const sizes = { patch: CONFIG.patch, layers: CONFIG.encoderLayers, heads: CONFIG.heads };
    expect(relativeError(data, flattenedEmbedding(weight, signal, sizes).data)).toBeLessThan(1e-5);
  });

  it("computes MOMENT's blocks as float64 does, each sequence for itself", async () => {
    const engine = await testEngine();
    const signal = randomArray([5, 1, MOMENT.window], 3, 3, 1);
    const { data, shape, weight } = await embedded(engine, moment(MOMENT), signal);
    expect(shape).toEqual([5, MOMENT.dim]);
    expect(relativeError(data, momentEmbedding(weight, signal, MOMENT).data)).toBeLessThan(1e-5);
    const third = {
      shape: [1, 1, MOMENT.window],
      data: signal.data.slice(2 * MOMENT.window, 3 * MOMENT.window),
    };
    const alone = await embedded(engine, moment(MOMENT), third);
    expect(relativeError(alone.data, data.slice(2 * MOMENT.dim, 3 * MOMENT.dim))).toBeLessThan(1e-6);
  });

  it('flattens to as many tokens as the aggregator is counted over', async () => {
    const engine = await testEngine();
    const { state, arenas } = randomState(engine, (init) => Encoder.weights(init, CONFIG, 'none'));
    using _scope = engine.scope();
    const signal = randomArray([1, 3, 420], 1);
    const encoder = new Encoder(CONFIG, state, { compaction: 'none' });
    const tokens = encoder.encode(engine.tensor(Float32Array.from(signal.data), signal.shape));
    expect(tokens.shape[1]).toBe(flattened(CONFIG).work([3, 420]).tokens);
    await engine.idle();
    arenas.dispose();
  });
});

describe('what the encoders are counted at', () => {
  const giga = (multiplyAdds: number) => multiplyAdds / 1e9;

  it('has the multiply-adds known for 12 channels of 10 seconds', () => {
    const window: WindowShape = [12, 2000];
    expect(giga(embeddingMultiplyAdds(window, SIZES.base))).toBeCloseTo(0.41, 2);
    expect(giga(aggregatorMultiplyAdds(spotr().work(window).tokens, SIZES.base))).toBeCloseTo(1.67, 2);
    expect(giga(aggregatorMultiplyAdds(flattened().work(window).tokens, SIZES.base))).toBeCloseTo(12.8, 1);
  });

  it('is SPOTR within 0.25 to 3.7 GMAC, the range of the paper, over its windows', () => {
    for (const window of SHAPES) {
      const work = giga(spotr().work(window).multiplyAdds);
      expect(work, shapeName(window)).toBeGreaterThan(0.25);
      expect(work, shapeName(window)).toBeLessThan(3.8);
    }
  });

  it("has the authors' parameters, and those of T5-base's encoder without its table of words", () => {
    // The published count has the norm that no forward pass uses.
    expect(spotr().parameters).toBe(62_471_008 - 512);
    expect(flattened().parameters).toBe(spotr().parameters - 2 * 4 * 512 ** 2);
    const layer = 4 * 768 ** 2 + 3 * 768 * 2048 + 2 * 768;
    const t5 = 12 * layer + 768;
    expect(moment().parameters).toBe(t5 + 768 * 8 + 64 * 768);
    // T5 v1.1 base's encoder is known as 109.6 million: the words, and 32 biases for each of 12 heads.
    expect((t5 + 32_128 * 768 + 32 * 12) / 1e6).toBeCloseTo(109.6, 1);
  });

  it('cuts recordings into windows of 512, each channel for itself', () => {
    expect(moment().work([12, 2000])).toMatchObject({ sequences: 48, tokens: 48 * 64 });
    expect(moment().work([1, 512])).toMatchObject({ sequences: 1, tokens: 64 });
    expect(moment().input([12, 2000], 48)).toEqual([48, 1, MOMENT_BASE.window]);
  });
});

describe('headlineRows', () => {
  const contenders = [spotr(CONFIG), flattened(CONFIG), moment(MOMENT)] as const;
  const budget = { warmups: 2, rounds: 4, least: 3, encoderMs: 10_000 };
  const collect = async (options: Parameters<typeof headlineRows>[1]) => {
    const rows = [];
    for await (const row of headlineRows(() => openEngine(), { contenders, budget, ...options }))
      rows.push(row);
    return rows;
  };

  it('gives a row for each encoder, with its times, work and memory', async () => {
    // One window: each encoder compiles its kernels on an engine of its own.
    const rows = await collect({ windows: [[2, 400]] });
    expect(rows.map(({ id }) => id)).toEqual(
      ['spotr', 'flattened', 'moment'].map((name) => `headline/2x400/${name}`),
    );
    for (const { medianMs, p95Ms, gflops, more } of rows) {
      expect(medianMs).toBeGreaterThan(0);
      expect(p95Ms).toBeGreaterThanOrEqual(medianMs);
      expect(gflops).toBeCloseTo((2 * (more?.multiplyAdds ?? 0)) / medianMs / 1e6, 6);
      expect(more?.rounds).toBeGreaterThanOrEqual(3);
      expect(more?.peakBytes).toBeGreaterThan(more?.weightBytes ?? Infinity);
      expect(more?.weightBytes).toBeGreaterThanOrEqual(4 * (more?.parameters ?? Infinity));
    }
    expect(rows[0]?.more).toMatchObject({ timeOverSpotr: 1, memoryOverSpotr: 1 });
  });

  it('takes the peak of the whole window where time allows only a part of its sequences', async () => {
    const windows: WindowShape[] = [[8, 640]];
    const only = { windows, contenders: [moment(MOMENT)] as const };
    const [whole] = await collect({ ...only, budget: { ...budget, encoderMs: 60_000 } });
    const [part] = await collect({ ...only, budget: { ...budget, encoderMs: 0 } });
    expect(whole?.more?.sequences).toBe(80);
    expect(whole?.more?.timedSequences).toBeGreaterThan(1);
    expect(part?.more).toMatchObject({ sequences: 80, timedSequences: 1, rounds: 3 });
    expect(part?.more?.peakBytes).toBe(whole?.more?.peakBytes);
    expect(part?.more?.multiplyAdds).toBe(whole?.more?.multiplyAdds);
  });
});
