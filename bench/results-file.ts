import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Results } from './contract.ts';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Short hash of what is checked out, `+` after it where files differ; `unknown` outside of a repository. */
export function commitName(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${changed ? '+' : ''}`;
  } catch {
    return 'unknown';
  }
}

/** `bench/results/node-swiftshader-device-subzero.json`: a file for each runtime and adapter. */
export function defaultFile({ runtime, device }: Pick<Results, 'runtime' | 'device'>): string {
  const slug = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '');
  const place = /^node/i.test(runtime) ? 'node' : 'browser';
  const adapter = device.split(/ via |\(/)[0] ?? device;
  return fileURLToPath(new URL(`results/${place}-${slug(adapter)}.json`, import.meta.url));
}

export function writeResults(file: string, results: Results): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
}
