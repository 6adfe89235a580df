import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CheckpointError } from '../../checkpoint/safetensors.ts';
import { command } from '../../cli/command.ts';
import { CommandError, UsageError } from '../../cli/common/errors.ts';
import { version } from '../../cli/common/version.ts';
import { SignalError } from '../../data/index.ts';
import {
  AdapterError,
  DeviceLostError,
  HalfError,
  OutOfMemoryError,
  ShapeError,
  TuningError,
} from '../../engine/errors.ts';
import { ModelError } from '../../model/errors.ts';

let out: string[];
let err: string[];

beforeEach(() => {
  out = [];
  err = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void out.push(line));
  vi.spyOn(console, 'error').mockImplementation((line: string) => void err.push(line));
});

afterEach(() => {
  vi.restoreAllMocks();
});

const failing = (error: unknown) => ({
  boom: {
    summary: 'fails',
    load: async () => async () => {
      throw error;
    },
  },
});

describe('spotr', () => {
  it('lists its commands and says its version', async () => {
    expect(await command(['--help'])).toBe(0);
    for (const word of ['pretrain', 'doctor', 'not a medical device']) expect(out[0]).toContain(word);
    expect(await command(['--version'])).toBe(0);
    expect(out[1]).toBe(version());
    expect(version()).toMatch(/^\d+\.\d+\.\d+/);
    expect(await command([])).toBe(2);
    expect(err).toEqual([]);
  });

  it('ends with 2 and one sentence for a command that it does not have', async () => {
    expect(await command(['pretrian'])).toBe(2);
    expect(await command(['constructor'])).toBe(2);
    expect(err).toEqual([
      'spotr: there is no command "pretrian"; did you mean pretrain?',
      'spotr: there is no command "constructor"; known are pretrain, data, embed, merge, probe, fewshot, finetune, reconstruct, explore, report, inspect, convert, publish, weights, doctor.',
    ]);
    expect(out).toEqual([]);
  });

  it.each([
    [new UsageError('--x is wrong.'), 2, 'spotr boom: --x is wrong. (spotr boom --help lists the options)'],
    [new CommandError('No.'), 1, 'spotr boom: No.'],
    [new SignalError(`${process.cwd()}/a.edf: bad.`), 1, 'spotr boom: a.edf: bad.'],
    [new ShapeError('No.'), 1, 'spotr boom: No.'],
    [new ModelError('No.'), 1, 'spotr boom: No.'],
    [new CheckpointError('No.'), 1, 'spotr boom: No.'],
  ])('gives what was foreseen one sentence: %s', async (error, code, sentence) => {
    expect(await command(['boom'], failing(error))).toBe(code);
    expect(err).toEqual([sentence]);
  });

  it('shows where an unforeseen fault is, and asks for a report', async () => {
    expect(await command(['boom'], failing(new TypeError('x is not a function')))).toBe(70);
    expect(err[0]).toContain('TypeError: x is not a function\n    at ');
    expect(err[1]).toContain('please report');
    expect(await command(['boom'], failing('a text'))).toBe(70);
    expect(err[2]).toBe('a text');
  });
});

describe('what the engine fails with', () => {
  it.each([
    [
      new OutOfMemoryError('m.'),
      'm. Use a smaller batch, a smaller model, fewer channels or shorter windows.',
    ],
    [new DeviceLostError('l.'), 'l. Continue from the last checkpoint.'],
    [new HalfError('h.'), 'h. Give --precision f32, or another --adapter.'],
    [new TuningError('t.'), 't. "spotr doctor --forget" removes it.'],
    [new AdapterError('a.'), 'a.'],
  ])('%s gets what a person at the command can do', async (error, said) => {
    expect(await command(['boom'], failing(error))).toBe(1);
    expect(err).toEqual([`spotr boom: ${said}`]);
  });
});
