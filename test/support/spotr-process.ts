import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const PROGRAM = fileURLToPath(new URL('../../cli/bin.js', import.meta.url));

export interface Spotr {
  readonly child: ChildProcess;
  /** What it has said so far, on both streams. */
  said(): string;
  /** Its exit code, or null where a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** The command as a process of its own, which can be killed. */
export function startSpotr(argv: readonly string[], cwd: string): Spotr {
  const child = spawn(process.execPath, [PROGRAM, ...argv], { cwd });
  let said = '';
  child.stdout.on('data', (text: Buffer) => {
    said += String(text);
  });
  child.stderr.on('data', (text: Buffer) => {
    said += String(text);
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, said: () => said, ended };
}

/** Waits until a journal has a point with more rows than `rows`; false where the process ends before. */
export async function journalHas(folder: string, rows: number, { ended }: Spotr): Promise<boolean> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!over) {
    if (pointIn(folder) > rows) return true;
    await sleep(5);
  }
  return false;
}

/** Rows at the last point of a journal. */
export function pointIn(folder: string): number {
  const path = join(folder, 'journal.jsonl');
  const counts = existsSync(path) ? [...readFileSync(path, 'utf8').matchAll(/^\{"rows":(\d+),.*\}\n/gm)] : [];
  return Number(counts.at(-1)?.[1] ?? 0);
}
