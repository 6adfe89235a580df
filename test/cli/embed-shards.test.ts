import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { dealt, readShard, shardFrom, shardOfPart } from '../../cli/common/embed/shards.ts';
import { CommandError, UsageError } from '../../cli/common/errors.ts';
import { embed } from '../../cli/embed.ts';
import { merge } from '../../cli/merge.ts';
import { memoryRecording } from '../data/memory-recording.ts';
import { readParquet } from '../support/embeddings.ts';
import { SIGNAL_OPTIONS, writeSignals } from '../support/signals.ts';
import { writeEncoder } from '../support/weights.ts';

let folder: string;
let lines: string[];
const at = (...parts: string[]) => join(folder, ...parts);
const argv = (...more: string[]) => [...SIGNAL_OPTIONS, '--weights', at('weights'), ...more, at('signals')];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spotr-shards-'));
  writeEncoder(at('weights'));
  mkdirSync(at('signals'));
  for (const [i, seconds] of [3, 9, 2, 4].entries())
    writeSignals(at('signals', `r${i}.npy`), { seconds, seed: i + 1, channels: 2 });
});

afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
  lines = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  vi.spyOn(console, 'error').mockImplementation((line: string) => void lines.push(line));
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  return () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  };
});

function stubSlurm(task: string, tasks: string): void {
  vi.stubEnv('SLURM_ARRAY_TASK_ID', task);
  vi.stubEnv('SLURM_ARRAY_TASK_COUNT', tasks);
  vi.stubEnv('SLURM_ARRAY_TASK_MIN', '0');
}

describe('spotr embed --shard', () => {
  it('makes parts that are the whole together, and makes none twice', async () => {
    for (const shard of ['2/3', '0/3', '1/3'])
      expect(await embed(argv('--out', at('parts'), '--shard', shard))).toBe(0);
    // Within an array, but nobody asked for a part.
    stubSlurm('1', '2');
    expect(await embed(argv('--out', at('whole.parquet')))).toBe(0);
    const names = readdirSync(at('parts')).sort();
    expect(names).toEqual([0, 1, 2].map((i) => `part-0000${i}-of-00003.parquet`));
    const parts = await Promise.all(names.map((name) => readParquet(at('parts', name))));
    const whole = await readParquet(at('whole.parquet'));
    const rows = parts.flatMap((part) => part.rows);
    const sorted = rows.sort((a, b) => a.recording.localeCompare(b.recording) || a.start - b.start);
    expect(sorted.map(({ embedding: _, ...place }) => place)).toEqual(
      whole.rows.map(({ embedding: _, ...place }) => place),
    );
    const apart = sorted.flatMap(({ embedding }, i) =>
      embedding.map((value, k) => Math.abs(value - (whole.rows[i]?.embedding[k] ?? Number.NaN))),
    );
    expect(Math.max(...apart)).toBeLessThan(1e-5);
    // 9 seconds, 4 and 3 + 2.
    expect(parts.map((part) => part.metadata.num_rows)).toEqual([9n, 4n, 5n]);
    expect(parts.map(({ said }) => said['spotr.shard'])).toEqual(['0/3', '1/3', '2/3']);
    expect(await merge([at('parts')])).toBe(0);
    expect(lines.join('\n')).toMatch(/3 parts: 18 embeddings of 64 values, from 4 recordings\./);

    const first = at('parts', names[0] as string);
    const { mtimeMs } = statSync(first);
    lines = [];
    expect(await embed(argv('--out', at('parts'), '--shard', '0/3'))).toBe(0);
    expect(lines.join('\n')).toMatch(/part-00000-of-00003\.parquet already exists, of the same run/);
    expect(statSync(first).mtimeMs).toBe(mtimeMs);
    await expect(embed(argv('--out', at('parts'), '--shard', '0/3', '--window', '2'))).rejects.toThrow(
      /part-00000-of-00003\.parquet already exists, of another run: --window was 1 and is 2; --stride was 1 and is 2\./,
    );
    await expect(embed(argv('--out', at('parts'), '--shard', '0/4'))).rejects.toThrow(
      /parts has part-0000\d-of-00003\.parquet, a part of another division than 0\/4/,
    );
  });

  it('takes the part from its surroundings when told to, and writes an empty one with all columns', async () => {
    stubSlurm('4', '5');
    expect(await embed(argv('--out', at('auto'), '--shard', 'auto'))).toBe(0);
    const { rows, metadata, said } = await readParquet(at('auto', 'part-00004-of-00005.parquet'));
    expect(rows).toEqual([]);
    expect(metadata.schema).toHaveLength(15);
    expect(said['spotr.shard']).toBe('4/5');
  });

  it('refuses what makes no sense in one sentence', async () => {
    const cases = [
      [['--out', at('x'), '--shard', '3/2'], UsageError, /--shard is "3\/2", but must be I\/N .* 0 to N-1/],
      [['--out', at('x'), '--shard', '0'], UsageError, /--shard is "0"/],
      [
        ['--out', at('e.npy'), '--shard', '0/2'],
        UsageError,
        /with --shard it names a folder.*leave \.npy out/,
      ],
      [['--out', at('weights'), '--shard', '0/2'], CommandError, /weights is a file, but with --shard/],
      [['--out', at('x'), '--shard', 'auto'], CommandError, /SLURM_ARRAY_TASK_ID.*JOB_COMPLETION_INDEX/],
      [['--out', '/proc/x', '--shard', '0/2'], CommandError, /"\/proc\/x" cannot be written/],
      [['--out', at('x')], UsageError, /must end in \.parquet, \.npy or \.csv/],
    ] as const;
    for (const [more, kind, message] of cases) {
      const refused = embed(argv(...more));
      await expect(refused).rejects.toThrow(message);
      await expect(refused).rejects.toThrow(kind);
    }
    expect(existsSync(at('x'))).toBe(false);
  });
});

describe('shardFrom', () => {
  it('reads Slurm arrays, from any first number and in any step, and indexed jobs', () => {
    const slurm = { SLURM_ARRAY_TASK_ID: '7', SLURM_ARRAY_TASK_COUNT: '4' };
    expect(shardFrom({ ...slurm, SLURM_ARRAY_TASK_MIN: '5' })).toEqual({ index: 2, of: 4 });
    expect(shardFrom({ ...slurm, SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_STEP: '2' })).toEqual({
      ...{ index: 3, of: 4 },
    });
    expect(shardFrom({ JOB_COMPLETION_INDEX: '0', JOB_COMPLETIONS: '3' })).toEqual({ index: 0, of: 3 });
    expect(() => shardFrom(slurm)).toThrow(/task 7 of a Slurm array of 4 from 0 makes part 7 of 4/);
    expect(() => shardFrom({ JOB_COMPLETION_INDEX: '0' })).toThrow(/JOB_COMPLETIONS/);
    expect(() => shardFrom({ JOB_COMPLETION_INDEX: 'a', JOB_COMPLETIONS: '3' })).toThrow(/"a"/);
  });
});

describe('dealt', () => {
  const recordings = Array.from({ length: 40 }, (_, i) =>
    memoryRecording({ name: `r${i}`, rate: 1, signals: [new Float64Array(10 + ((i * 37) % 101))] }),
  );

  it('gives each recording to one part, and each part about as many seconds', () => {
    const parts = Array.from({ length: 6 }, (_, index) => dealt(recordings, { index, of: 6 }));
    const names = parts.flat().map(({ name }) => name);
    expect(names).toHaveLength(40);
    expect(new Set(names).size).toBe(40);
    const seconds = parts.map((part) =>
      part.reduce((sum, { channels }) => sum + (channels[0]?.length ?? 0), 0),
    );
    expect(Math.max(...seconds) / Math.min(...seconds)).toBeLessThan(1.1);
    for (const part of parts) {
      const places = part.map((one) => recordings.indexOf(one));
      expect(places).toEqual([...places].sort((a, b) => a - b));
    }
  });
});

it('reads the names of parts and shards, and no others', () => {
  expect(shardOfPart('part-00003-of-00016.parquet')).toEqual({ index: 3, of: 16 });
  for (const name of ['part-00016-of-00016.csv', 'part-3-of-16.parquet', 'e.parquet'])
    expect(shardOfPart(name)).toBeUndefined();
  for (const text of ['1/1', '-1/2', '0/0', '1', 'a/b', '1/2/3']) expect(readShard(text)).toBeUndefined();
  expect(readShard('0/1')).toEqual({ index: 0, of: 1 });
});

it('takes a folder that holds a part under way of another number of parts for another division', async () => {
  mkdirSync(at('begun', 'part-00000-of-00009.parquet.partial'), { recursive: true });
  writeFileSync(at('begun', 'notes.txt'), '');
  await expect(embed(argv('--out', at('begun'), '--shard', '0/2'))).rejects.toThrow(
    /another division than 0\/2/,
  );
});
