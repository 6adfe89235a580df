import { describe, expect, it } from 'vitest';
import type { SplitName } from '../../data/index.ts';
import { divideBySubject, holdOutValidation } from '../../workflows/labelled/division.ts';
import { resampledClasses, type Scored, tableRows } from '../../workflows/labelled/outcome.ts';
import {
  groupCount,
  groupNoun,
  groupsOf,
  type LabelledPlace,
  taskOf,
  taskProblems,
} from '../../workflows/labelled/task.ts';
import { markedWindows } from '../data/memory-recording.ts';

type Given = Parameters<typeof markedWindows>[0];

function task(
  all: readonly (readonly [Given, string, SplitName])[],
  options: { positive?: string; many?: boolean } = {},
) {
  const recordings = all.map(([given]) => markedWindows(given));
  const groups = groupsOf(recordings);
  const places = all.flatMap(([{ windows }, labels, split], recording) =>
    Array.from({ length: windows }, (_, window): LabelledPlace => {
      const group = groups.get(recordings[recording] as (typeof recordings)[number]) as string;
      return { recording, window, labels: labels === '' ? [] : labels.split(' '), group, split };
    }),
  );
  return taskOf(places, recordings, { seconds: 1, many: false, ...options });
}

const test = (name: string, label: string, more: Partial<Given> = {}) =>
  [{ name, windows: 1, ...more }, label, 'test'] as const;

describe('taskOf', () => {
  it('has its rows in the order of names and time, whatever the order of the files', () => {
    const [a, b, c] = [test('b', 'x', { windows: 2 }), test('a', 'y'), test('c', 'x')];
    const places = task([a, b, c]).places.map(({ recording, window }) => [recording, window]);
    expect(places).toEqual([
      [1, 0],
      [0, 0],
      [0, 1],
      [2, 0],
    ]);
    expect([...task([a, b, c]).targets.marks]).toEqual([...task([c, a, b]).targets.marks]);
  });

  it('takes the rarer of two classes for the positive one, or the one that is asked for', () => {
    const two = [test('a', 'x'), test('b', 'y', { windows: 2 })];
    expect(task(two).positive).toEqual({ index: 0, name: 'x', because: 'rarer' });
    expect(task(two, { positive: 'y' }).positive).toEqual({ index: 1, name: 'y', because: 'asked' });
    expect(task([test('a', 'x'), test('b', 'y')]).positive).toEqual({
      ...{ index: 1, name: 'y', because: 'second' },
    });
    expect(() => task(two, { positive: 'z' })).toThrow(/to be "z", but the classes are "x" and "y"/);
    const three = [...two, test('c', 'z')];
    expect(task(three).positive).toBeUndefined();
    expect(() => task(three, { positive: 'z' })).toThrow(/there are 3 classes, not two/);
    expect(() => task(two, { positive: 'x', many: true })).toThrow(/any number of labels/);
  });

  it('has a name in two data sets as two groups, and kin as one', () => {
    const of = (dataset: string) => test(dataset, 'x', { dataset, subject: 's1' });
    const kin = { records: ['r'], files: [] };
    const all = task([of('A'), of('B'), test('c', 'y', { kin }), test('d', 'y', { kin })]);
    expect(all.groups[0]).not.toBe(all.groups[1]);
    expect(all.groups[2]).toBe(all.groups[3]);
    expect(new Set(all.groups).size).toBe(3);
    expect(groupCount(all, 'test')).toBe(3);
    expect(groupNoun(all)).toBe('subject or recording');
    expect(groupNoun(all, [0])).toBe('subject');
    expect(groupNoun(all, [2, 3])).toBe('recording');
  });

  it('says what keeps a task from being learned', () => {
    const part = (split: SplitName, label: string) => [
      { name: `${split} ${label}`, windows: 1 },
      label,
      split,
    ];
    const of = (...parts: ReturnType<typeof part>[]) => task(parts as unknown as Parameters<typeof task>[0]);
    expect(taskProblems(of(part('train', 'x')))).toEqual(['there is one class only, x']);
    expect(taskProblems(of(part('train', 'x'), part('train', 'y'), part('test', 'x')))).toEqual([
      'no window is for validation',
      'test has 1 window, and none of y',
    ]);
  });
});

describe('the division', () => {
  const people = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ name: `r${i}`, subject: `s${i >> 1}`, labels: ['x', 'y'] }));

  it('keeps recordings of a person together, and leaves every label in every part', () => {
    const units = people(20);
    const parts = divideBySubject(units);
    for (const [i, one] of units.entries())
      expect(parts.get(one)).toBe(parts.get(units[i ^ 1] as typeof one));
    expect([...parts.values()].filter((part) => part === 'test')).toHaveLength(4);
    // People of one label each: the first division would leave a part without one.
    const alike = people(20).map((one, i) => ({ ...one, labels: [i < 10 ? 'x' : 'y'] }));
    const divided = divideBySubject(alike);
    for (const split of ['train', 'validation', 'test'])
      expect(new Set(alike.flatMap((one) => (divided.get(one) === split ? one.labels : []))), split).toEqual(
        new Set(['x', 'y']),
      );
  });

  it('sets whole people apart for validation where none are given, by the seed', () => {
    const units = people(20).map((one, i) => ({
      ...one,
      split: i < 16 ? ('train' as const) : ('test' as const),
    }));
    const parts = holdOutValidation(units, 1);
    const apart = units.filter((one) => parts.get(one) === 'validation').map(({ subject }) => subject);
    expect(apart).toHaveLength(4);
    expect(new Set(apart).size).toBe(2);
    expect(units.filter((one) => parts.get(one) === 'test')).toHaveLength(4);
    const draws = new Set(
      [1, 2, 3, 4].map((seed) => JSON.stringify([...holdOutValidation(units, seed).values()])),
    );
    expect(draws.size).toBeGreaterThan(1);
    const given = units.map((one, i) => ({ ...one, split: i === 0 ? ('validation' as const) : one.split }));
    expect([...holdOutValidation(given, 1).values()]).toEqual(given.map(({ split }) => split));
  });

  it('takes a name in two data sets for two people', () => {
    const units = ['A', 'B'].flatMap((dataset) =>
      Array.from({ length: 5 }, (_, i) => ({
        ...{ name: `${dataset}${i}`, dataset, subject: `s${i}`, labels: ['x'], split: 'train' as const },
      })),
    );
    // Of ten people two are drawn, who are now and then of two names; of five it would be both of one name.
    const names = [1, 2, 3, 4, 5].map((seed) => {
      const parts = holdOutValidation(units, seed);
      const apart = units.filter((one) => parts.get(one) === 'validation');
      expect(apart).toHaveLength(2);
      return new Set(apart.map(({ subject }) => subject)).size;
    });
    expect(Math.max(...names)).toBe(2);
  });
});

describe('intervals', () => {
  const OPTIONS = { seed: 1, resamples: 200 };
  /** Scores that are right of each row but the first. */
  const scored = (classes: number, labels: readonly number[]): Scored => ({
    ...{ id: 'some', name: 'some' },
    scores: [
      Float64Array.from(
        labels.flatMap((label, row) =>
          Array.from({ length: classes }, (_, index) =>
            index === (row === 0 ? 1 - label : label) ? 0.9 : 0.1,
          ),
        ),
      ),
    ],
  });

  it('are not defined for one subject, however many windows there are of it', async () => {
    const one = task([
      test('a', 'x', { subject: 's', windows: 4 }),
      test('b', 'y', { subject: 's', windows: 4 }),
    ]);
    const [row] = await tableRows(one, [scored(2, [0, 0, 0, 0, 1, 1, 1, 1])], OPTIONS);
    expect(row?.intervals.auroc).toEqual({ low: Number.NaN, high: Number.NaN });
    expect(row?.seeds[0]?.auroc).toBeLessThan(1);
    expect(resampledClasses(one, OPTIONS)).toEqual({ count: 0, lacking: 0 });
  });

  it('are of resamples that have both classes: of two people of one class each about half', async () => {
    const two = task([test('a', 'x', { windows: 3 }), test('b', 'y', { windows: 3 })]);
    const [row] = await tableRows(two, [scored(2, [0, 0, 0, 1, 1, 1])], OPTIONS);
    const { count, lacking } = resampledClasses(two, OPTIONS);
    expect(count).toBe(200);
    expect(lacking).toBeGreaterThan(70);
    expect(lacking).toBeLessThan(130);
    // Nothing that a single class gives goes in: neither its accuracy nor its recall.
    const own = row?.seeds[0];
    for (const key of ['auroc', 'balancedAccuracy', 'accuracy', 'f1'] as const) {
      const { low, high } = row?.intervals[key] ?? { low: 0, high: 0 };
      if (lacking > 100) expect([low, high]).toEqual([Number.NaN, Number.NaN]);
      else expect([low, high]).toEqual([own?.[key], own?.[key]]);
    }
  });

  it('draws the ROC curve of the positive class, whose area is its AUROC', async () => {
    const rows = [test('a', 'x', { windows: 3 }), test('b', 'y', { windows: 2 })] as const;
    const labels = [0, 0, 0, 1, 1];
    const rowOf = async (positive: string) =>
      (await tableRows(task(rows, { positive }), [scored(2, labels)], OPTIONS))[0];
    const labelOf = async (positive: string) => (await rowOf(positive))?.roc.map(({ label }) => label);
    expect(await labelOf('x')).toEqual(['x']);
    expect(await labelOf('y')).toEqual(['y']);
    const auprc = async (positive: string) => (await rowOf(positive))?.seeds[0]?.auprc;
    // Of x: 2 of 3 above all others, the last tied with none; of y both, behind one that is wrong.
    expect(await auprc('x')).toBeCloseTo((2 / 3) * 1 + (1 / 3) * (3 / 5), 12);
    expect(await auprc('y')).toBeCloseTo(2 / 3, 12);
  });
});
