import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { command } from '../../cli/command.ts';
import { StatusLine } from '../../cli/common/status-line.ts';
import { print, printError, showPassing } from '../../cli/common/terminal.ts';
import { definitionList, onOneLine, printable, table } from '../../cli/common/text.ts';
import { SignalError } from '../../data/index.ts';
import { spotr } from '../support/spotr-command.ts';

/** Whatever a terminal could take for an order: all but letters, marks, and the line feeds that end lines. */
const ORDERS = /(?!\n)[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;

describe('what reaches the terminal', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('spells control characters out and keeps every other one', () => {
    expect(printable('a\u001b[2Jb\u0007\r\u009b1m\u007f')).toBe('a\\x1b[2Jb\\x07\\r\\x9b1m\\x7f');
    expect(printable('right \u202eto left')).toBe('right \\u202eto left');
    expect(printable('Müller µV ✓ 脑电 😀\n\tnext')).toBe('Müller µV ✓ 脑电 😀\n\tnext');
    expect(onOneLine('a\nb\tc')).toBe('a\\nb\\tc');
  });

  it('lets no order through, whatever the text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(
      fc.property(text, (drawn) => {
        expect(printable(drawn).replaceAll('\t', '')).not.toMatch(ORDERS);
        expect(onOneLine(drawn)).not.toMatch(ORDERS);
        expect(onOneLine(drawn)).not.toContain('\n');
      }),
    );
  });

  it('holds on every way out', () => {
    const said: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
    vi.spyOn(console, 'error').mockImplementation((line: string) => void said.push(line));
    print('\u001b[2J');
    printError('\u001b[2J');
    expect(said).toEqual(['\\x1b[2J', '\\x1b[2J']);
    const written: string[] = [];
    const output = { isTTY: true, columns: 40, write: (text: string) => written.push(text) };
    new StatusLine(output, 0).show(() => 'x\u001b[5A\nforged', 0);
    new StatusLine({ ...output, isTTY: false }, 0).show(() => 'x\u001b[5A\nforged', 0);
    expect(written).toEqual(['\r\u001b[2Kx\\x1b[5A\\nforged', 'x\\x1b[5A\\nforged\n']);
    expect(table(['a\u001bb'], [['c\nd']])).toEqual(['a\\x1bb', 'c\\nd']);
    expect(definitionList([['a\u001b', 'b\nc']], 8, 80)).toEqual(['  a\\x1b   b\\nc']);
  });

  it('shows a passing line on a terminal only, on one line', () => {
    const written: string[] = [];
    const tty = process.stderr.isTTY;
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    try {
      process.stderr.isTTY = true;
      showPassing('a\u001b[2J\nb');
      process.stderr.isTTY = false;
      showPassing('nobody looks');
    } finally {
      process.stderr.isTTY = tty;
    }
    expect(written).toEqual(['\r\u001b[Ka\\x1b[2J\\nb']);
  });

  it('says an error in one line, whatever names are in it', async () => {
    const said: string[] = [];
    vi.spyOn(console, 'error').mockImplementation((line: string) => void said.push(line));
    const load = async () => async () => {
      throw new SignalError('x\u001b]0;title\u0007\nspotr: all is well');
    };
    await command(['boom'], { boom: { summary: '', load } });
    expect(said).toEqual(['spotr boom: x\\x1b]0;title\\x07\\nspotr: all is well']);
  });
});

describe('a folder of hostile names and headers', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'spotr-hostile-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const rows = Array.from({ length: 600 }, (_, i) => `${i / 100},${Math.sin(i / 7)},${Math.cos(i / 9)}`);

  it('is scanned without an order to the terminal', async () => {
    const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
    put('rate.hea', 'rate 1 \u001b[2J 400\nrate.dat 16\n');
    put('label.csv', ['time,E\u001b[31mEG Fz,"a\nb"', ...rows].join('\n'));
    put('na\u001b[2Jme\nforged.csv', ['time,Fz,Cz', ...rows].join('\n'));
    put('bad\u009b2J.csv', 'a\u001b[2J\nb');
    put('un\u001b]0;x\u0007known.xyz', '');
    put('w.npy', '\u001b[2J');
    const { out, err } = await spotr('data', 'scan', folder, '--out', join(folder, 'm.jsonl'));
    expect(out).toContain('has no number as its sampling rate');
    expect(out).toContain('bad\\x9b2J.csv');
    expect(out).toContain('2 recordings');
    expect(`${out}\n${err}`).not.toMatch(ORDERS);
  });

  it('can be named on the command line', async () => {
    for (const words of [
      ['sc\u001b[2Jan'],
      ['data', 'scan', `${folder}/no\u001b[2J`],
      ['probe', '--x\u001b[2J'],
    ]) {
      const { code, err } = await spotr(...words);
      expect(code).not.toBe(0);
      expect(err).toContain('\\x1b[2J');
      expect(err).not.toMatch(ORDERS);
    }
  });
});
