import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { partName } from '../../cli/common/embed/shards.ts';
import { checkParts } from '../../cli/merge/check.ts';
import { readParquet } from '../support/embeddings.ts';
import { notTested } from '../support/not-tested.ts';
import { SIGNAL_OPTIONS, writeSignals } from '../support/signals.ts';
import { pointIn, startSpotr } from '../support/spotr-process.ts';
import { writeEncoder } from '../support/weights.ts';
import { logOf, type SlurmCluster, startSlurm, until, whatSlurmLacks } from './slurm-cluster.ts';

const lacks = whatSlurmLacks();
if (lacks) notTested('deploy/slurm on a real Slurm', `that needs ${lacks}`);

const SCRIPT = fileURLToPath(new URL('../../deploy/slurm/embed-array.sh', import.meta.url));
const SPOTR = fileURLToPath(new URL('../..', import.meta.url));
const TASKS = 8;

describe.skipIf(lacks !== undefined)('deploy/slurm/embed-array.sh', () => {
  let home: string;
  let slurm: SlurmCluster;
  const at = (...parts: string[]) => join(home, ...parts);
  // A window a batch: the longest recording, of task 0, takes its time.
  const argv = [...SIGNAL_OPTIONS, '--batch-size', '1', '--weights', 'weights', 'signals'];

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'spotr-slurm-'));
    for (const name of ['slurm', 'signals']) mkdirSync(at(name));
    writeEncoder(at('weights'));
    for (let i = 0; i < 10; i++)
      writeSignals(at('signals', `r${i}.npy`), { seconds: i === 4 ? 100 : 2, seed: i });
    slurm = await startSlurm(at('slurm'));
  });

  afterAll(async () => {
    await slurm?.stop();
    rmSync(home, { recursive: true });
  });

  it('loses nothing and doubles nothing where a task is killed, and gives what one process gives', async () => {
    const submitted = slurm.run(
      'sbatch',
      ...[`--array=0-${TASKS - 1}`, `--chdir=${home}`, `--export=ALL,SPOTR=${SPOTR}`, '--parsable'],
      ...[SCRIPT, '--out', 'parts', ...argv],
    );
    const job = submitted.trim();
    const first = at('parts', partName({ index: 0, of: TASKS }));
    const log = () => logOf(at(`spotr-embed-${job}_0.log`));
    await until('task 0 has rows', () => pointIn(`${first}.partial`) > 0, {
      ...{ seconds: 60, everyMs: 10 },
    }).catch((error) => {
      throw new Error(`${error}\n${log()}`);
    });
    const { pid } = JSON.parse(readFileSync(`${first}.partial/lock`, 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    const states = () => slurm.run('squeue', '-h', '-r', '-j', job, '-o', '%K %T %r').trim();
    await until('task 0 queues again', () => /^0 PENDING/m.test(states()));
    const kept = pointIn(`${first}.partial`);
    await until(
      'all tasks have ended',
      () => {
        // Slurm would let two minutes pass before it starts a task again.
        if (/^0 PENDING BeginTime/m.test(states()))
          slurm.run('scontrol', 'update', `JobId=${job}_0`, 'StartTime=now');
        return states() === '';
      },
      { seconds: 150 },
    );
    expect(log()).toMatch(/Task 0 ended with 137; it queues again/);
    expect(log()).toMatch(new RegExp(`resumed +${kept} embeddings?\\b`));
    expect(readdirSync(at('parts')).sort()).toEqual(
      Array.from({ length: TASKS }, (_, index) => partName({ index, of: TASKS })),
    );
    const checked = await checkParts(at('parts'));
    expect(checked).toEqual({ parts: TASKS, rows: 118, recordings: 10, dim: 64, problems: [] });

    const alone = startSpotr(['embed', ...argv, '--out', 'whole.parquet'], home);
    expect(await alone.ended, alone.said()).toBe(0);
    const { rows: whole } = await readParquet(at('whole.parquet'));
    const parts = await Promise.all(readdirSync(at('parts')).map((name) => readParquet(at('parts', name))));
    const rows = parts
      .flatMap((part) => part.rows)
      .sort((a, b) => a.recording.localeCompare(b.recording) || a.start - b.start);
    // A window a batch: not even rounding differs.
    expect(rows).toEqual(whole);
  }, 900_000);
});
