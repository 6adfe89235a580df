import { describe, expect, it } from 'vitest';
import { WorkProgress } from '../../cli/common/work-progress.ts';
import { ProgressLine } from '../../workflows/progress.ts';

describe('ProgressLine', () => {
  it('tells the time that is left from what was counted, without what comes first', () => {
    const line = new ProgressLine();
    expect(line.line('tokens', 0, 800, 100)).toBe('tokens  0/800');
    // The first batch takes twenty seconds of compiling.
    expect(line.line('tokens', 8, 800, 120)).toBe('tokens  8/800');
    expect(line.line('tokens', 16, 800, 121)).toBe('tokens  16/800  ETA 1:38');
    expect(line.line('tokens', 96, 800, 131)).toBe('tokens  96/800  ETA 1:28');
    // Nothing was done since: the time that is left goes down all the same, and never below nothing.
    expect(line.line('tokens', 96, 800, 141)).toBe('tokens  96/800  ETA 1:18');
    expect(line.line('tokens', 800, 800, 142)).toMatch(/800\/800 {2}ETA 0:00$/);
  });

  it('goes by the last seconds', () => {
    const line = new ProgressLine();
    for (let i = 0; i <= 20; i++) line.line('fits', i, 1000, i);
    let last = '';
    for (let i = 1; i <= 40; i++) last = line.line('fits', 20 + 10 * i, 1000, 20 + i);
    expect(last).toBe('fits  420/1,000  ETA 0:58');
  });

  it('begins anew with something else, and counts nothing that cannot be counted', () => {
    const line = new ProgressLine();
    for (let i = 0; i < 5; i++) line.line('a', i, 10, i);
    expect(line.line('b', 5, 10, 5)).toBe('b  5/10');
    expect(line.line('reading', undefined, undefined, 6)).toBe('reading');
    expect(line.line('b', 6, 10, 7)).toBe('b  6/10');
    expect(line.line('none', 0, 0, 8)).toBe('none  0/0');
  });
});

describe('WorkProgress', () => {
  function watched(isTTY: boolean, quiet = false) {
    let text = '';
    let seconds = 0;
    const write = (more: string) => {
      text += more;
    };
    const progress = new WorkProgress(quiet, { isTTY, columns: 60, write }, () => seconds);
    const at = (now: number) => {
      seconds = now;
    };
    return { progress, at, text: () => text };
  }

  it('writes a line every few seconds where lines stay, and none of what is quicker', async () => {
    const { progress, at, text } = watched(false);
    for (let i = 0; i < 49; i++) {
      at(i / 10);
      await progress.say('tokens', i, 400);
    }
    expect(text()).toBe('');
    for (let i = 49; i < 400; i++) {
      at(i / 10);
      await progress.say('tokens', i, 400);
    }
    expect(text().trimEnd().split('\n')).toHaveLength(7);
    expect(text()).toMatch(/^ {2}tokens {2}50\/400 {2}ETA 0:35\n/);
    progress.clear();
    expect(text().endsWith('\n')).toBe(true);
  });

  it('has the last line of what it has had a line of, once, and of nothing else', async () => {
    const { progress, at, text } = watched(false);
    at(6);
    await progress.say('tokens', 8, 75);
    at(7);
    await progress.say('tokens', 75, 75);
    await progress.say('tokens', 75, 75);
    at(8);
    await progress.say('fits', 1, 2);
    await progress.say('fits', 2, 2);
    expect(
      text()
        .split('\n')
        .map((line) => line.replace(/ {2}ETA.*/, '')),
    ).toEqual(['  tokens  8/75', '  tokens  75/75', '']);
  });

  it('writes over its line on a terminal, and takes it away in the end', async () => {
    const { progress, at, text } = watched(true);
    await progress.say('a'.repeat(99), 1, 3);
    at(1);
    await progress.say('b', 2, 3);
    progress.clear();
    progress.clear();
    const shown = text().split('\r\u001b[2K');
    expect(shown).toHaveLength(4);
    expect(shown[1]).toHaveLength(59);
    expect(shown[2]).toBe('  b  2/3');
    expect(shown[3]).toBe('');
    expect(text()).not.toContain('\n');
  });

  it('writes nothing where it is to be quiet', async () => {
    for (const isTTY of [false, true]) {
      const { progress, at, text } = watched(isTTY, true);
      at(60);
      await progress.say('tokens', 1, 2);
      progress.clear();
      expect(text()).toBe('');
    }
  });
});
