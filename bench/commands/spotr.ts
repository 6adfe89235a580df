/** The spotr commands of a program, each of which a person can run again. */
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MendableError } from './mendable.ts';

const BIN = fileURLToPath(new URL('../../cli/bin.js', import.meta.url));

/** Runs a spotr command to its end. @throws MendableError where it fails or is interrupted. */
export type Spotr = (...argv: readonly string[]) => Promise<void>;

export interface SpotrOptions {
  /** The commands that were run, one a line. */
  readonly log: string;
  readonly dry: boolean;
  /** The program as a person starts it: npm run study. */
  readonly program: string;
}

export function spotrCommands({ log, dry, program }: SpotrOptions): Spotr {
  return async (...argv) => {
    const line = ['npx', 'spotr', ...argv].map(quoted).join(' ');
    console.log(`\n$ ${line}`);
    if (dry) return;
    mkdirSync(dirname(log), { recursive: true });
    appendFileSync(log, `${line}\n`);
    const code = await run(argv);
    if (code === 130)
      throw new MendableError(`Interrupted; ${program} with the same options goes on from here.`);
    if (code !== 0) throw new MendableError(`It ended with ${code}; what it said is above: ${line}`);
  };
}

function run(argv: readonly string[]): Promise<number> {
  // Ctrl-C reaches the command as well, which saves first; the program ends when that has.
  const wait = () => {};
  process.on('SIGINT', wait);
  return new Promise<number>((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...argv], { stdio: 'inherit' });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal === 'SIGINT' ? 130 : (code ?? 1)));
  }).finally(() => process.removeListener('SIGINT', wait));
}

function quoted(word: string): string {
  return /^[\w./:=,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
