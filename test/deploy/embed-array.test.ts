import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from './slurm-cluster.ts';

const SCRIPT = fileURLToPath(new URL('../../deploy/slurm/embed-array.sh', import.meta.url));

let home: string;
const at = (...parts: string[]) => join(home, ...parts);

/** In the place of spotr: says what it was given, ends with 130 at TERM like it, or as it is told to. */
const STAND_IN = `
import { writeFileSync } from 'node:fs';
process.on('SIGTERM', () => process.exit(130));
writeFileSync(process.env.STARTED, process.argv.slice(2).join(' '));
if (process.env.END === 'kill') process.kill(process.pid, 'SIGKILL');
else if (process.env.END) process.exit(Number(process.env.END));
else setTimeout(() => {}, 60_000);
`;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-array-'));
  mkdirSync(at('cli'));
  writeFileSync(at('package.json'), '{"type":"module"}');
  writeFileSync(at('cli', 'bin.js'), STAND_IN);
  writeFileSync(at('scontrol'), `#!/bin/sh\necho "$@" > ${at('requeued')}\n`);
  chmodSync(at('scontrol'), 0o755);
});
afterEach(() => rmSync(home, { recursive: true }));

async function task({
  signal,
  ...more
}: {
  signal?: NodeJS.Signals;
  END?: string;
  SLURM_RESTART_COUNT?: string;
}) {
  const env = {
    ...process.env,
    ...{ PATH: `${home}:${process.env.PATH}`, STARTED: at('started'), SLURM_SUBMIT_DIR: home },
    ...{ SLURM_ARRAY_JOB_ID: '7', SLURM_ARRAY_TASK_ID: '3' },
    ...more,
  };
  const child = spawn(SCRIPT, ['--out', 'a folder'], { env, stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  if (signal) {
    await until('it has begun', () => existsSync(at('started')), { everyMs: 20 });
    child.kill(signal);
  }
  const code = await ended;
  const requeued = existsSync(at('requeued')) ? readFileSync(at('requeued'), 'utf8').trim() : undefined;
  return { code, requeued, given: readFileSync(at('started'), 'utf8') };
}

describe('deploy/slurm/embed-array.sh', () => {
  it('gives everything to embed, and ends as it ends', async () => {
    const given = 'embed --shard auto --out a folder';
    expect(await task({ END: '0' })).toEqual({ code: 0, requeued: undefined, given });
    expect(await task({ END: '1' })).toEqual({ code: 1, requeued: undefined, given });
  });

  it('saves and queues again before the time is over', async () => {
    expect(await task({ signal: 'SIGUSR1' })).toMatchObject({ code: 130, requeued: 'requeue 7_3' });
  });

  it('saves and stays away when it is cancelled', async () => {
    expect(await task({ signal: 'SIGTERM' })).toMatchObject({ code: 130, requeued: undefined });
  });

  it('queues again after a kill, up to three times', async () => {
    expect(await task({ END: 'kill' })).toMatchObject({ code: 137, requeued: 'requeue 7_3' });
    rmSync(at('requeued'));
    expect(await task({ END: 'kill', SLURM_RESTART_COUNT: '3' })).toMatchObject({
      code: 137,
      requeued: undefined,
    });
  });
});
