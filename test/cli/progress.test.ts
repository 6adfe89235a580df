import { describe, expect, it } from 'vitest';
import { EmbedProgress } from '../../cli/common/embed/progress.ts';
import { definitionList, plural, showDuration, table, wrap } from '../../cli/common/text.ts';
import { ComparisonProgress, Progress } from '../../cli/pretrain/progress.ts';
import type { StepRecord } from '../../workflows/pretraining/loop.ts';

function record(step: number, seconds: number, loss = 1): StepRecord {
  return { step, loss, learningRate: 1e-3, gradNorm: 1, source: 'ecg', samples: 16, seconds };
}

function show(records: readonly StepRecord[], steps: number, terminal: { isTTY: boolean; columns?: number }) {
  const written: string[] = [];
  const progress = new Progress({ ...terminal, write: (text) => written.push(text) }, steps);
  for (const one of records) progress.add(one);
  progress.dispose();
  return written.join('');
}

describe('ComparisonProgress', () => {
  it('says nothing of what takes less than two seconds, then how far it is', () => {
    const written: string[] = [];
    let now = 100;
    const progress = new ComparisonProgress({ isTTY: false, write: (text) => written.push(text) }, () => now);
    progress.show(0.1);
    now = 101.9;
    progress.show(0.3);
    expect(written).toEqual([]);
    now = 102;
    progress.show(0.456);
    now = 106;
    progress.show(0.6);
    now = 107.5;
    progress.show(0.999);
    progress.dispose();
    expect(written).toEqual([
      'comparing with PCA of training windows: 45 %\n',
      'comparing with PCA of training windows: 99 %\n',
    ]);
  });
});

describe('EmbedProgress', () => {
  it('ends with all of it where lines stay, and is one line where all came at once', () => {
    const linesOf = (reached: readonly { windows: number; recordings: number; seconds: number }[]) => {
      const written: string[] = [];
      const output = { isTTY: false, write: (text: string) => written.push(text) };
      const progress = new EmbedProgress(output, { windows: 75, recordings: 2 });
      for (const one of reached) progress.add(one);
      progress.dispose();
      return written.map((line) => line.split('  ')[0]?.trim());
    };
    const [first, middle, last] = [
      { windows: 8, recordings: 0, seconds: 1 },
      { windows: 40, recordings: 1, seconds: 2 },
      { windows: 75, recordings: 2, seconds: 3 },
    ] as const;
    expect(linesOf([first, middle, last])).toEqual(['8/75 windows', '75/75 windows']);
    expect(linesOf([last])).toEqual(['75/75 windows']);
    // Interrupted: nothing is said of what was not done.
    expect(linesOf([first, middle])).toEqual(['8/75 windows']);
  });
});

describe('Progress', () => {
  it('tells step, loss, speed and the time that is left', () => {
    const records = Array.from({ length: 100 }, (_, i) => record(i + 1, 20 + i * 0.25));
    const lines = show(records, 400, { isTTY: false }).trimEnd().split('\n');
    expect(lines[0]).toBe('step   1/400  loss 1.0000');
    expect(lines.at(-1)).toMatch(/^step +\d+\/400 {2}loss 1\.0000 {2}64 samples\/s {2}ETA 1:\d\d$/);
    // 25 seconds at a line every five.
    expect(lines).toHaveLength(5);
  });

  it('smooths the loss without leaning towards zero at the start', () => {
    const line = (records: StepRecord[]) =>
      show(records, records.length, { isTTY: false }).trimEnd().split('\n').at(-1);
    expect(line([record(1, 1, 0.5)])).toContain('loss 0.5000');
    const alternating = Array.from({ length: 200 }, (_, i) => record(i + 1, i * 0.01, i % 2));
    expect(line(alternating)).toMatch(/loss 0\.5[01]/);
  });

  it('writes over its line on a terminal, within its width, and ends it once', () => {
    const records = Array.from({ length: 20 }, (_, i) => record(i + 1, i));
    const written = show(records, 20, { isTTY: true, columns: 40 });
    expect(written.split('\r')).toHaveLength(21);
    for (const line of written.split('\r').slice(1))
      expect(line.replace('\u001b[2K', '').trimEnd().length).toBeLessThan(40);
    expect(written.match(/\n/g)).toHaveLength(1);
  });

  it('always shows the last step', () => {
    const records = Array.from({ length: 7 }, (_, i) => record(i + 1, i * 0.001));
    expect(show(records, 7, { isTTY: false })).toContain('step 7/7');
  });
});

describe('text', () => {
  it('shows durations and counts', () => {
    expect([0, 59.6, 65, 3723].map(showDuration)).toEqual(['0:00', '1:00', '1:05', '1:02:03']);
    expect([plural(1, 'window'), plural(12_000, 'window')]).toEqual(['1 window', '12,000 windows']);
  });

  it('wraps between words', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('unbreakable', 4)).toEqual(['unbreakable']);
    expect(definitionList([['a', 'b '.repeat(40).trim()]], 4, 50)).toHaveLength(2);
    expect(wrap('run `a b c d` now `x y`z q', 8)).toEqual(['run', '`a b c d`', 'now', '`x y`z q']);
    expect(wrap('an odd ` one', 4)).toEqual(['an', 'odd', '`', 'one']);
    expect(wrap('', 4)).toEqual(['']);
    // A name from a file may be as long; looking ahead from each word would take hours.
    expect(wrap('a '.repeat(500_000).trim(), 99)).toHaveLength(10_000);
  });

  it('aligns tables', () => {
    expect(
      table(
        ['', 'loss'],
        [
          ['ecg', '0.9'],
          ['longer', '10.25'],
        ],
      ),
    ).toEqual(['          loss', 'ecg        0.9', 'longer   10.25']);
  });
});
