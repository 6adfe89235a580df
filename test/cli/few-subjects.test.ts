import { expect, it } from 'vitest';
import type { TableRow } from '../../cli/labelled/outcome.ts';
import { fewSubjects } from '../../cli/labelled/table.ts';
import type { RecordingWindows } from '../../data/index.ts';
import { markedWindows } from '../data/memory-recording.ts';

/** Three windows of each subject are for test; those of a fifth and many more are for training. */
function taskOf(subjects: number, recordings: readonly RecordingWindows[]) {
  const test = Array.from({ length: 3 * subjects }, (_, i) => `s${i % subjects}`);
  const train = Array.from({ length: 20 }, (_, i) => `t${i}`);
  return {
    groups: [...test, ...train],
    splits: [...test.map(() => 'test' as const), ...train.map(() => 'train' as const)],
    recordings,
  };
}

const tableOf = (low: number) => ({
  rows: [{ intervals: { auroc: { low, high: 0.9 } } } as unknown as TableRow],
});

it('counts the test subjects that intervals come from, and warns of fewer than five', () => {
  const named = [markedWindows({ name: 'a', subject: 's0', windows: 1 })];
  const of = (subjects: number, recordings = named) =>
    fewSubjects(taskOf(subjects, recordings), [tableOf(0.5)]);
  expect([1, 2, 4].map((count) => /from (.*) only/.exec(of(count) ?? '')?.[1])).toEqual([
    '1 test subject',
    '2 test subjects',
    '4 test subjects',
  ]);
  expect(of(5)).toBeUndefined();
  expect(of(3, [...named, markedWindows({ name: 'b', windows: 1 })])).toContain('3 test recordings only');
  // Without intervals there is nothing to be careful with.
  expect(fewSubjects(taskOf(2, named), [tableOf(Number.NaN)])).toBeUndefined();
  expect(fewSubjects(taskOf(2, named), [tableOf(Number.NaN), tableOf(0.5)])).toContain('2 test subjects');
});
