import { describe, expect, it } from 'vitest';
import type { SplitName } from '../../data/index.ts';
import { separationInWords, separationOf } from '../../workflows/labelled/separation.ts';
import { markedWindows } from '../data/memory-recording.ts';

type Given = Parameters<typeof markedWindows>[0];

/** Windows of recordings, each with the part of its recording, or of its place in it. */
function taskOf(all: readonly (readonly [Given, SplitName | readonly SplitName[]])[], seconds = 1) {
  const recordings = all.map(([given]) => markedWindows(given));
  const rows = all.flatMap(([{ windows }, split], recording) =>
    Array.from({ length: windows }, (_, window) => ({
      place: { recording, window },
      split: typeof split === 'string' ? split : (split[window] as SplitName),
    })),
  );
  return {
    recordings,
    seconds,
    places: rows.map(({ place }) => place),
    splits: rows.map(({ split }) => split),
  };
}

const said = async (...given: Parameters<typeof taskOf>) =>
  separationInWords(await separationOf(taskOf(...given))).join(' ');

describe('what the parts of a task share', () => {
  it('is nothing where people are kept apart, and only then is it said', async () => {
    const apart = [
      [{ name: 'a', subject: 's1', windows: 2 }, 'train'],
      [{ name: 'b', subject: 's2', windows: 2 }, 'validation'],
      [{ name: 'c', subject: 's3', windows: 2 }, 'test'],
    ] as const;
    expect(await said(apart)).toBe('No test subject is in training or validation.');
    const joined = apart.map(([given, split]) => [{ ...given, subject: 's1' }, split] as const);
    expect(await said(joined)).toBe(
      '1 of 1 test subject is in training or validation too: s1. Windows of one person are alike, so this says little about others.',
    );
    // The epoch is chosen on the validation part: a person in it and in the test part is known as well.
    expect(await said([apart[0], [{ ...apart[1][0], subject: 's3' }, 'validation'], apart[2]])).toContain(
      '1 of 1 test subject is in training or validation too: s3',
    );
  });

  it('promises nothing of people where subjects are called as their files are', async () => {
    const files = [
      [{ name: 'Z/Z001.txt', subject: 'Z001', windows: 2 }, 'train'],
      [{ name: 'Z/Z002.txt', subject: 'Z002', windows: 2 }, 'test'],
    ] as const;
    const text = await said(files);
    expect(text).toMatch(
      /^No test subject is in training or validation. But each subject has the name of its file:/,
    );
    const [first, second] = files;
    expect(await said([first, [{ ...second[0], subject: 'Z' }, 'test']])).toBe(
      'No test subject is in training or validation.',
    );
    expect(await said([[{ ...first[0], subject: 'Z001.txt' }, 'train'], second])).toBe(
      'No test subject is in training or validation.',
    );
  });

  it('counts no more shared subjects than there are, of two data sets each its own', async () => {
    const shared = ['A', 'B'].flatMap(
      (dataset) =>
        [
          [{ name: `${dataset}1`, dataset, subject: 's1', windows: 1 }, 'train'],
          [{ name: `${dataset}2`, dataset, subject: 's1', windows: 1 }, 'test'],
        ] as const,
    );
    const more = [{ name: 'c', dataset: 'A', subject: 's9', windows: 1 }, 'test'] as const;
    expect(await said([...shared, more])).toContain(
      '2 of 3 test subjects are in training or validation too: A s1, B s1.',
    );
  });

  it('takes a name in two data sets for two people, and says so', async () => {
    expect(
      await said([
        [{ name: 'a', dataset: 'A', subject: 's1', windows: 1 }, 'train'],
        [{ name: 'b', dataset: 'B', subject: 's1', windows: 1 }, 'test'],
      ]),
    ).toBe(
      'No test subject is in training or validation. A subject of one name in two data sets is taken for different people: s1.',
    );
  });

  it('says of how many recordings it is not known whose they are', async () => {
    expect(
      await said([
        [{ name: 'a', windows: 1 }, 'train'],
        [{ name: 'b', windows: 1 }, 'test'],
      ]),
    ).toBe(
      'No test recording is in training or validation. The subjects are unknown: each recording is taken for a person of its own, and one person may be in training and test.',
    );
    expect(
      await said([
        [{ name: 'a', windows: 1, subject: 's1' }, 'train'],
        [{ name: 'b', windows: 1 }, 'test'],
        [{ name: 'c', windows: 1, subject: 's3' }, 'test'],
      ]),
    ).toContain('Of 1 of 3 recordings the subject is unknown');
  });

  it('finds recordings that are in two parts, or of one record with one that is', async () => {
    expect(await said([[{ name: 'a', windows: 2 }, ['train', 'test']]])).toBe(
      '1 of 1 test recording is in training or validation too: a. Windows of one recording are alike, so this says little about others.',
    );
    expect(
      await said([
        [{ name: 'a', windows: 1, kin: { records: ['r'], files: [] } }, 'train'],
        [{ name: 'b', windows: 1, kin: { records: ['r'], files: [] } }, 'test'],
      ]),
    ).toBe('1 of 1 test recording is of one record or file with training or validation recordings: b.');
  });

  it('finds windows that overlap, not those that touch, and copies of samples under another name', async () => {
    const halves = { name: 'a', subject: 's', windows: 4, stride: 0.5 };
    const parts = ['train', 'train', 'test', 'test'] as const;
    const { shared } = await separationOf(taskOf([[halves, parts]]));
    expect(shared.overlapping).toEqual([
      { test: { recording: 'a', start: 1 }, other: { recording: 'a', start: 0.5 } },
    ]);
    expect(await said([[halves, parts]])).toContain(
      '1 test window overlaps a window of training or validation, such as a at 1.00 s and a at 0.50 s.',
    );
    expect((await separationOf(taskOf([[{ ...halves, stride: 1 }, parts]]))).shared.overlapping).toEqual([]);
    // Two recordings of one file share its time.
    const kin = { records: [], files: ['f'] };
    const both = await separationOf(
      taskOf([
        [{ name: 'a', windows: 1, kin }, 'train'],
        [{ name: 'b', windows: 1, kin }, 'test'],
      ]),
    );
    expect(both.shared.overlapping).toHaveLength(1);

    const copied = taskOf([
      [{ name: 'a', subject: 's1', windows: 3 }, 'train'],
      [{ name: 'b', subject: 's2', windows: 3 }, 'test'],
    ]);
    const [a, b] = copied.recordings;
    expect((await separationOf(copied)).shared.copies).toEqual([]);
    b?.signal.set(a?.signal.subarray(200, 400) ?? [], 400);
    expect((await separationOf(copied)).shared.copies).toEqual([
      { test: { recording: 'b', start: 2 }, other: { recording: 'a', start: 1 } },
    ]);
    const words = separationInWords(await separationOf(copied)).join(' ');
    expect(words).toContain(
      '1 test window is a copy, sample by sample, of a window of training or validation',
    );
    expect(words).not.toContain('No test subject');
    // One sample that differs is no copy.
    if (b) b.signal[450] = -1;
    expect((await separationOf(copied)).shared.copies).toEqual([]);
  });
});
