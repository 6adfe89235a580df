/** Parts of a run: each process embeds some of the recordings, and all of them agree on which. */
import type { Recording } from '../../../data/index.ts';
import { CommandError } from '../errors.ts';
import type { Option } from '../options.ts';

export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly of: number;
}

const MOST = 99_999;

export function showShard({ index, of }: Shard): string {
  return `${index}/${of}`;
}

export function readShard(text: string): Shard | undefined {
  const [, index, of] = /^(\d{1,5})\/(\d{1,5})$/.exec(text)?.map(Number) ?? [];
  return index !== undefined && of !== undefined && index < of ? { index, of } : undefined;
}

export const SHARD: Option<Shard | 'auto' | undefined> = {
  help: 'embed part I of N only, from 0/N to N-1/N, into the folder --out; auto reads I and N from a Slurm array or an indexed Kubernetes job',
  value: 'I/N|auto',
  expected: `I/N with N up to ${MOST} and I from 0 to N-1, e.g. 0/16, or auto`,
  fallback: undefined,
  read: (text) => (text === 'auto' ? text : readShard(text)),
};

const PART = /^part-(\d{5})-of-(\d{5})\.parquet$/;

export function partName({ index, of }: Shard): string {
  const five = (value: number) => String(value).padStart(5, '0');
  return `part-${five(index)}-of-${five(of)}.parquet`;
}

/** Undefined for a name that is none of a part. */
export function shardOfPart(name: string): Shard | undefined {
  const [, index, of] = PART.exec(name)?.map(Number) ?? [];
  return index !== undefined && of !== undefined ? { index, of } : undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The part that the surroundings give to this process.
 * @throws CommandError where they give none, or one that makes no sense.
 */
export function shardFrom(variables: Variables): Shard {
  const number = (name: string): number | undefined => {
    const value = variables[name];
    if (value === undefined || value === '') return undefined;
    if (/^\d+$/.test(value)) return Number(value);
    throw new CommandError(`--shard auto: ${name} is "${value}", but must be a whole number.`);
  };
  const checked = (index: number, of: number, from: string): Shard => {
    const shard = readShard(`${index}/${of}`);
    if (shard) return shard;
    throw new CommandError(
      `--shard auto: ${from} makes part ${index} of ${of}, but parts count from 0 to ${of - 1}; number the tasks one after the other.`,
    );
  };
  const [task, tasks] = [number('SLURM_ARRAY_TASK_ID'), number('SLURM_ARRAY_TASK_COUNT')];
  if (task !== undefined && tasks !== undefined) {
    const [first, step] = [number('SLURM_ARRAY_TASK_MIN') ?? 0, number('SLURM_ARRAY_TASK_STEP') || 1];
    return checked((task - first) / step, tasks, `task ${task} of a Slurm array of ${tasks} from ${first}`);
  }
  const [index, completions] = [number('JOB_COMPLETION_INDEX'), number('JOB_COMPLETIONS')];
  if (index !== undefined && completions !== undefined)
    return checked(index, completions, `JOB_COMPLETION_INDEX ${index} with JOB_COMPLETIONS ${completions}`);
  throw new CommandError(
    '--shard auto finds neither SLURM_ARRAY_TASK_ID with SLURM_ARRAY_TASK_COUNT (a Slurm array sets both) nor JOB_COMPLETION_INDEX with JOB_COMPLETIONS (of an indexed Kubernetes job, whose file must set the second); give the part itself, e.g. --shard 0/16.',
  );
}

/** Seconds of stored signal. */
export function secondsOf({ channels }: Recording): number {
  return channels.reduce((longest, { length, rate }) => Math.max(longest, length / rate), 0);
}

/**
 * The recordings of a part, in their order: the longest go first, each to the part that has least. Whoever has the same
 * recordings in the same order deals them in the same way.
 */
export function dealt<T extends Recording>(recordings: readonly T[], { index, of }: Shard): T[] {
  const byLength = recordings
    .map((recording, place) => ({ place, seconds: secondsOf(recording) }))
    .sort((a, b) => b.seconds - a.seconds || a.place - b.place);
  const load = new Float64Array(of);
  const own = new Set<number>();
  for (const { place, seconds } of byLength) {
    let least = 0;
    for (let part = 1; part < of; part++) if ((load[part] as number) < (load[least] as number)) least = part;
    (load[least] as number) += seconds;
    if (least === index) own.add(place);
  }
  return recordings.filter((_, place) => own.has(place));
}
