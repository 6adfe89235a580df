/** What the page draws on the way from one window's token to another's. */
import { expect, it } from 'vitest';
import type { RecordingWindows } from '../../data/index.ts';
import { Model } from '../../demo/worker/model.ts';
import { openDropped } from '../../demo/worker/signals.ts';
import { cut } from '../../demo/worker/windows.ts';
import { testEngine } from '../support/engine.ts';
import { edfFile } from './steps.ts';

const windows = (frequency: number, samples = 200): RecordingWindows =>
  ({
    shape: [1, 1, samples],
    labels: ['x'],
    read: async () => Float32Array.from({ length: samples }, (_, i) => Math.sin(frequency * i)),
  }) as Partial<RecordingWindows> as RecordingWindows;

const SETTINGS = { size: 'tiny', learningRate: 1e-3, steps: 10, batchSize: 8, seed: 1 } as const;

const away = (x: Float32Array, y: Float32Array) =>
  Math.max(...x.map((value, i) => Math.abs(value - (y[i] as number))));

it.each(['cls', 'tokens'] as const)(
  "is A's own reconstruction at 0 %, B's at 100 %, and neither between, conditioned on %s",
  async (conditioning) => {
    const engine = await testEngine();
    const model = Model.fresh(engine, { ...SETTINGS, conditioning });
    const [a, b] = [
      { own: windows(0.05), window: 0 },
      { own: windows(0.9), window: 0 },
    ] as const;
    const between = async (part: number) => (await model.between(a, b, part)).back;
    const reconstructed = async ({ own }: typeof a) => (await model.show(own, 0, '')).back;
    const [ownA, ownB] = [await reconstructed(a), await reconstructed(b)];
    expect(away(ownA, ownB)).toBeGreaterThan(0.01);
    // The renderer alone may add in another order than the whole model.
    expect(away(await between(0), ownA)).toBeLessThan(1e-5);
    expect(away(await between(1), ownB)).toBeLessThan(1e-5);
    const half = await between(0.5);
    expect(away(half, ownA)).toBeGreaterThan(1e-3);
    expect(away(half, ownB)).toBeGreaterThan(1e-3);
    // Asked for at once, as a slider does that is dragged.
    const parts = [0, 0.25, 0.5, 0.75, 1];
    const atOnce = await Promise.all([...parts.map(between), reconstructed(a), reconstructed(b)]);
    const alone: Float32Array[] = [];
    for (const part of parts) alone.push(await between(part));
    expect(atOnce).toEqual([...alone, ownA, ownB]);
    const embedded = await Promise.all([model.embed(a.own, [0]), model.embed(b.own, [0])]);
    expect(embedded).toEqual([await model.embed(a.own, [0]), await model.embed(b.own, [0])]);
    expect(embedded[0]).not.toEqual(embedded[1]);
    const under = between(0.5);
    const drawn = Promise.allSettled([under]);
    model.dispose();
    // What was not asked of the device yet is refused by name; nothing else is drawn.
    const [outcome] = await drawn;
    if (outcome.status === 'fulfilled') expect(outcome.value).toEqual(half);
    else expect(String(outcome.reason)).toContain('dispose()');
    await engine.idle();
  },
);

it('of windows that are cut from a file: what is drawn is of the token that lies so far between theirs', async () => {
  const engine = await testEngine();
  const file = new File([new Uint8Array(edfFile())], 'a.edf');
  const signals = await openDropped([{ path: 'a.edf', file }], { rate: null, modality: null });
  const { recordings } = await cut(signals, { mains: 'none', seconds: 1, channels: null });
  const own = recordings[0] as RecordingWindows;
  const [, channels, samples] = own.shape;
  const model = Model.fresh(engine, { ...SETTINGS, conditioning: 'cls' });
  const [a, b] = [
    { own, window: 1 },
    { own, window: 7 },
  ] as const;
  const { encoderDim, patch } = model.config;
  const tokens = await model.embed(own, [a.window, b.window]);
  const render = engine.step('render', (token) =>
    engine.noGrad(() => [model.trainer.model.render(token, channels, 200 / patch)]),
  );
  const shown = await model.show(own, 1, 'title');
  const [ownA, ownB] = [shown.back, (await model.show(own, 7, '')).back];
  expect(shown).toMatchObject({ title: 'title', seconds: 1, channels: ['EEG C3', 'EEG C4'] });
  // The ratio is of the squared error to that of predicting zero.
  const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value ** 2, 0);
  const original = shown.original as Float32Array;
  const wrong = original.map((value, i) => value - (shown.back[i] as number));
  expect(shown.error).toBeCloseTo(squares(wrong) / squares(original), 5);
  expect(away(ownA, ownB)).toBeGreaterThan(0.01);
  const drawn = new Map<number, Float32Array>();
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    const data = Float32Array.from(
      { length: encoderDim },
      (_, i) => (1 - part) * (tokens[i] as number) + part * (tokens[encoderDim + i] as number),
    );
    const [wanted] = await render.read({ data, shape: [1, 1, encoderDim] });
    const { back, title } = await model.between(a, b, part);
    expect(title).toMatch(new RegExp(`^${100 * part} % of the way`));
    expect(back).toHaveLength(channels * samples);
    expect(away(back, wanted as Float32Array), title).toBeLessThan(1e-6);
    drawn.set(part, back);
  }
  const at = (part: number) => drawn.get(part) as Float32Array;
  expect(away(at(0), ownA)).toBeLessThan(1e-5);
  expect(away(at(1), ownB)).toBeLessThan(1e-5);
  for (const end of [ownA, ownB]) expect(away(at(0.5), end)).toBeGreaterThan(1e-3);
  render.dispose();
  model.dispose();
  await engine.idle();
});
