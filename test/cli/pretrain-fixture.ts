import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import { command } from '../../cli/command.ts';
import { parseOptions } from '../../cli/common/options.ts';
import { PRETRAIN_OPTIONS, type PretrainSettings, settingsOf } from '../../cli/common/training/options.ts';
import { runPretraining, SILENT } from '../../cli/pretrain/run.ts';

/** A folder of the test file's own, and runs in it. */
let home: string;

/** To be called by each file: those that share a process read this module once, and its hooks would be the first file's alone. */
export function useFolder(): void {
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'spotr-pretrain-'));
  });

  afterAll(() => {
    rmSync(home, { recursive: true, force: true });
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });
}

export const at = (...parts: string[]) => join(home, ...parts);

export const QUICK = [
  ...['--modality', 'ppg', '--window', '1', '--batch-size', '2', '--steps', '9', '--checkpoint-every', '4'],
];

/** Batches of two windows of one channel. */
export const SHORT = ['--modality', 'ppg', '--batch-size', '2'];

/** What the command makes of a command line. */
export function settingsFor(argv: readonly string[], paths: readonly string[] = []): PretrainSettings {
  const { values, given } = parseOptions(argv, PRETRAIN_OPTIONS);
  return settingsOf(values, given, paths);
}

/** Runs the job as the command would; `stopAt` interrupts it once that step has been told, or while losses are compared. */
export function pretrain(
  out: string,
  argv: readonly string[],
  stopAt: number | 'comparing' = Number.POSITIVE_INFINITY,
) {
  const { values, given, positionals } = parseOptions(argv, PRETRAIN_OPTIONS);
  const controller = new AbortController();
  return runPretraining({
    settings: settingsOf(values, given, positionals),
    given,
    out: at(out),
    mode: values.resume ? 'resume' : values.overwrite ? 'overwrite' : 'new',
    adapter: values.adapter,
    signal: controller.signal,
    observer: {
      ...SILENT,
      step: ({ step }) => typeof stopAt === 'number' && step >= stopAt && controller.abort(),
      comparing: () => stopAt === 'comparing' && controller.abort(),
    },
  });
}

/** What must be the same in two runs of one seed: all but the times. */
export function losses(out: string) {
  return readFileSync(at(out, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { seconds, ...rest } = JSON.parse(line);
      expect(seconds).toBeGreaterThan(0);
      return rest;
    });
}

/** Runs a command line in this process and returns its exit code and what it said. */
export async function spotr(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void out.push(line));
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(console, 'error').mockImplementation((line: string) => void err.push(line));
  return { code: await command(['pretrain', ...argv]), out: out.join('\n'), err };
}
