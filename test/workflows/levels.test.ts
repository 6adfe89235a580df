import { describe, expect, it } from 'vitest';
import type { SplitName } from '../../data/index.ts';
import { intervalOf } from '../../evaluate/index.ts';
import { recordingLevel, windowLevel } from '../../workflows/labelled/levels.ts';
import { tableRows } from '../../workflows/labelled/outcome.ts';
import { groupsOf, type LabelledPlace, taskOf } from '../../workflows/labelled/task.ts';
import { markedWindows } from '../data/memory-recording.ts';

/** Recordings by name: the label of each window, all for test. */
function task(labels: Readonly<Record<string, readonly string[]>>, many = false) {
  const recordings = Object.entries(labels).map(([name, own]) =>
    markedWindows({ name, windows: own.length, subject: name.slice(0, 1) }),
  );
  const groups = groupsOf(recordings);
  const places = recordings.flatMap((one, recording) =>
    (labels[one.name] ?? []).map(
      (label, window): LabelledPlace => ({
        ...{ recording, window, labels: label === '' ? [] : label.split(' ') },
        ...{ group: groups.get(one) as string, split: 'test' as SplitName },
      }),
    ),
  );
  return taskOf(places, recordings, { seconds: 1, many, ...(many ? {} : { positive: 'y' }) });
}

/** Scores of two classes by the log-odds of the second. */
const ofOdds = (odds: readonly number[]) =>
  Float64Array.from(odds.flatMap((value) => [-Math.log1p(Math.exp(value)), -Math.log1p(Math.exp(-value))]));
const OPTIONS = { seed: 1, resamples: 200 };

describe('recordingLevel', () => {
  const four = { a: ['x', 'x', 'x'], b: ['x', 'x'], c: ['y', 'y', 'y'], d: ['y', 'y'] };
  // Means 1, -1, 2 and 0: of the four pairs of recordings one is the wrong way round. Of windows far more are.
  const odds = [5, -1, -1, -1, -1, 7, -2, 1, -2, 2];

  it('scores a recording by the mean log-odds of its windows', async () => {
    const level = recordingLevel(task(four));
    if (typeof level === 'string') throw new Error(level);
    const scores = level.scoresOf(ofOdds(odds));
    const means = [0, 1, 2, 3].map((i) => (scores[2 * i + 1] as number) - (scores[2 * i] as number));
    for (const [i, wanted] of [1, -1, 2, 0].entries()) expect(means[i]).toBeCloseTo(wanted, 12);
    // They add up to one again, so that they can be ranked between recordings.
    for (let i = 0; i < 8; i += 2)
      expect(Math.exp(scores[i] as number) + Math.exp(scores[i + 1] as number)).toBeCloseTo(1, 12);
    const scored = [{ id: 'some', name: 'some', scores: [ofOdds(odds)] }];
    const [row] = await tableRows(task(four), scored, OPTIONS, level);
    expect(row?.seeds[0]?.auroc).toBe(0.75);
    const [windows] = await tableRows(task(four), scored, OPTIONS);
    expect(windows?.seeds[0]?.auroc).toBeLessThan(0.6);
    expect(windows?.confusion?.flat().reduce((a, b) => a + b)).toBe(10);
    expect(row?.confusion?.flat().reduce((a, b) => a + b)).toBe(4);
  });

  it('keeps equal scores equal, whatever the number of windows', () => {
    const level = recordingLevel(task(four));
    if (typeof level === 'string') throw new Error(level);
    const scores = level.scoresOf(Float64Array.from({ length: 20 }, (_, i) => Math.log(i % 2 ? 0.3 : 0.7)));
    expect(new Set([0, 2, 4, 6].map((i) => scores[i])).size).toBe(1);
  });

  it('resamples recordings with their subjects, as windows are', () => {
    const level = recordingLevel(task({ a1: ['x', 'x'], a2: ['y'], b1: ['y', 'y'] }));
    if (typeof level === 'string') throw new Error(level);
    expect(level.groups[0]).toBe(level.groups[1]);
    expect(new Set(level.groups).size).toBe(2);
    expect([...level.targets.marks]).toEqual([1, 0, 0, 1, 0, 1]);
    expect(windowLevel(task({ a1: ['x', 'x'], b1: ['y'] })).groups).toHaveLength(3);
  });

  it('averages log-odds as they are where a window may have several labels', () => {
    const level = recordingLevel(task({ a: ['x y', 'x y'], b: ['', ''] }, true));
    if (typeof level === 'string') throw new Error(level);
    expect([...level.targets.marks]).toEqual([1, 1, 0, 0]);
    expect([...level.scoresOf(Float64Array.of(1, 2, 3, 6, -1, 0, -2, 0))]).toEqual([2, 4, -1.5, 0]);
  });

  it('says why there is none', () => {
    expect(recordingLevel(task({ a: ['x', 'y'], b: ['x', 'x'] }))).toBe(
      'in 1 of 2 test recordings windows are labelled differently',
    );
    expect(recordingLevel(task({ a: ['x'], b: ['y'] }))).toBe('every test recording is a single window');
    // The same labels in one order or another are the same.
    expect(recordingLevel(task({ a: ['x y', 'y x'], b: [''] }, true))).not.toBeTypeOf('string');
  });
});

describe('intervals over subjects and seeds', () => {
  const labels = Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [`${String.fromCharCode(97 + i)}`, [i % 2 ? 'y' : 'x']]),
  );
  const right = ofOdds(Array.from({ length: 12 }, (_, i) => (i % 2 ? 1 : -1) * (1 + i)));
  const wrong = right.map((_, i) => right[i ^ 1] as number);
  const row = async (scores: readonly Float64Array[]) =>
    (await tableRows(task(labels), [{ id: 'some', name: 'some', scores }], OPTIONS))[0];

  it('are wider where seeds disagree: nothing of it comes from who was tested', async () => {
    // Whoever is drawn, the one seed is always right and the other always wrong: means are 0, a half or 1.
    expect((await row([right, right]))?.intervals.auroc).toEqual({ low: 1, high: 1 });
    expect((await row([right, wrong]))?.intervals.auroc).toEqual({ low: 0, high: 1 });
    expect((await row([right, wrong]))?.seeds.map(({ auroc }) => auroc)).toEqual([1, 0]);
    // A seed counts as often as it is drawn: of five drawn, three are the wrong one now and then, four hardly ever.
    expect((await row([right, right, right, right, wrong]))?.intervals.auroc.low).toBeCloseTo(0.4, 12);
  });

  it('draw the same seeds for rows of as many, so that a difference is of the same runs', async () => {
    const scored = ['a', 'b'].map((id) => ({ id, name: id, scores: [right, wrong] }));
    const rows = await tableRows(
      task(labels),
      [...scored, { ...scored[0], id: 'c', name: 'c', scores: [right] }],
      OPTIONS,
    );
    expect(rows[1]?.behind).toEqual({ mean: 0, low: 0, high: 0 });
    expect(rows[2]?.behind).toEqual({ mean: -0.5, low: -1, high: 0 });
    // Each resample is kept, in the same order in every row.
    const drawn = rows.map((one) => one.drawn ?? []);
    expect(drawn.map(({ length }) => length)).toEqual([200, 200, 200]);
    expect(new Set(drawn[0])).toEqual(new Set([0, 0.5, 1]));
    expect(drawn[1]).toEqual(drawn[0]);
    expect(new Set(drawn[2])).toEqual(new Set([1]));
  });

  it('come from resamples that are kept to six digits; a single group has none', async () => {
    const scores = [right.map((score, i) => score + 20 * Math.sin(i >> 1) * (i % 2 ? 1 : -1))];
    const scored = [{ id: 'some', name: 'some', scores }];
    const weak = right.map((score, i) => score + 20 * Math.cos(2 * (i >> 1)) * (i % 2 ? 1 : -1));
    const both = [...scored, { id: 'weak', name: 'weak', scores: [weak] }];
    const [some, other] = await tableRows(task(labels), both, OPTIONS);
    // In the order of the resamples: so differences of rows are those of the table.
    const differences = intervalOf((some?.drawn ?? []).map((auroc, i) => auroc - (other?.drawn?.[i] ?? 0)));
    expect(differences.low).toBeCloseTo(other?.behind?.low as number, 5);
    expect(differences.high).toBeCloseTo(other?.behind?.high as number, 5);
    const kept = intervalOf(some?.drawn ?? []);
    expect(new Set(some?.drawn).size).toBeGreaterThan(20);
    expect(kept.low).toBeCloseTo(some?.intervals.auroc.low as number, 5);
    expect(kept.high).toBeCloseTo(some?.intervals.auroc.high as number, 5);
    for (const auroc of some?.drawn ?? []) expect(auroc).toBe(Number(auroc.toFixed(6)));
    const alone = task({ a: [...Object.values(labels).flat()] });
    expect((await tableRows(alone, scored, OPTIONS))[0]?.drawn).toEqual([]);
    // A resample of one class tells nothing: with one person of each that is every other one.
    const [two] = await tableRows(
      task({ a: ['x'], b: ['y'] }),
      [{ id: 'some', name: 'some', scores: [ofOdds([-1, 1])] }],
      OPTIONS,
    );
    expect(two?.drawn?.filter((auroc) => Number.isNaN(auroc)).length).toBeGreaterThan(60);
    expect(two?.drawn?.filter((auroc) => auroc === 1).length).toBeGreaterThan(60);
  });

  it('of what a row adds to another are those of the difference, row less the other', async () => {
    const rows = await tableRows(
      task(labels),
      [
        { id: 'first', name: 'first', scores: [wrong] },
        { id: 'base', name: 'the base', scores: [wrong] },
        { id: 'more', name: 'more', scores: [right], addsTo: 'base' },
      ],
      OPTIONS,
    );
    expect(rows[2]?.added).toEqual({ to: 'the base', mean: 1, low: 1, high: 1 });
    expect(rows[1]?.added).toBeUndefined();
  });
});
