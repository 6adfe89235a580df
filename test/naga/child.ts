import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { offerPackagedDriver } from '../../engine/platform/software-adapter-node.ts';
import type { Job, Said } from './job.ts';

/** Packages of the program by platform, as `deno` itself chooses among them. */
const packageName = () =>
  `@deno/${process.platform}-${process.arch}${process.platform === 'linux' ? '-glibc' : ''}`;

/** Deno's program in node_modules, or null where there is none for this system. */
export function denoProgram(): string | null {
  const require = createRequire(import.meta.url);
  try {
    const folder = dirname(require.resolve(`${packageName()}/package.json`));
    const program = join(folder, process.platform === 'win32' ? 'deno.exe' : 'deno');
    return existsSync(program) ? program : null;
  } catch {
    return null;
  }
}

/**
 * Leaves both this process's Dawn and Deno's wgpu one set of drivers: what VK_ICD_FILENAMES names, else the packaged
 * software adapter, else the system's.
 */
export function useOneDriver(): void {
  const drivers = offerPackagedDriver();
  if (drivers.from !== 'packaged') return;
  drivers.usePackagedOnly();
  // A loader of the system's would be found without this; the packaged one not.
  const folder = dirname(process.env.VK_ICD_FILENAMES as string);
  const before = process.env.LD_LIBRARY_PATH;
  process.env.LD_LIBRARY_PATH = before ? `${before}:${folder}` : folder;
}

/** How a process inside Deno ended, and all that it said. */
export interface Outcome {
  readonly said: readonly Said[];
  /** What is wrong; none where it did all it should. A crash is one, with what it was at and its last words. */
  readonly failures: readonly string[];
}

const LAST_WORDS = 12;

/** Does a job in a process of its own. */
export async function inDeno(program: string, script: string, job: Job): Promise<Outcome> {
  const home = mkdtempSync(join(tmpdir(), 'spotr-deno-'));
  const args = ['run', '--quiet', '--no-config', '--no-lock', '--no-prompt', script, JSON.stringify(job)];
  const env = { ...process.env, DENO_DIR: home, DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Said[] = [];
  const words: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{')) said.push(JSON.parse(line) as Said);
    else words.push(line);
  });
  createInterface({ input: child.stderr }).on('line', (line) => void words.push(line));
  const end = await new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal === null ? `code ${code}` : `signal ${signal}`));
  });
  const failures = said.flatMap((one) => (one.is === 'failed' ? [`${one.what}: ${one.why}`] : []));
  if (end !== 'code 0' || (failures.length === 0 && said.at(-1)?.is !== 'done')) {
    const last = said.findLast((one) => one.is === 'begun');
    const at = last?.is === 'begun' ? `at ${last.what}` : 'before it did anything';
    failures.push([`Deno ended with ${end}, ${at}:`, ...words.slice(-LAST_WORDS)].join('\n  '));
  }
  return { said, failures };
}
