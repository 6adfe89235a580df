/** What complete trainings and probes leave, as far as the study reads it. */
import { readFileSync } from 'node:fs';
import { type Interval, type Metrics, numbersBack } from '../../evaluate/index.ts';
import type { SourceLosses } from '../../workflows/index.ts';
import { StudyError } from './error.ts';

/** As of `summary.json`, and of `config.json` what it was trained on. */
export interface TrainedRun {
  readonly paths: readonly string[];
  readonly parameters: number;
  readonly steps: number;
  readonly seconds: number;
  readonly adapter: string;
  readonly modalities: Readonly<Record<string, TrainedModality>>;
}

/** Runs of before were not compared with yardsticks. */
export type TrainedModality = Pick<SourceLosses, 'windows' | 'yardsticks' | 'ratio' | 'predictZeroLoss'>;

/** A row of a table of a probe. NaN where a number tells nothing. */
export interface ProbeRow {
  readonly id: string;
  readonly name: string;
  readonly seeds: readonly Pick<Metrics, 'auroc' | 'balancedAccuracy' | 'kappa'>[];
  readonly intervals: { readonly auroc: Interval };
  /** AUROC of the encoder less that of this row, on the same resamples. */
  readonly behind?: Interval & { readonly mean: number };
  /** AUROC of each resample of test subjects, the same ones in every row of a table. */
  readonly drawn: readonly number[];
}

export const LEVELS = ['windows', 'recordings'] as const;
export type LevelName = (typeof LEVELS)[number];

/** What a probe of one encoder came to on one task. */
export interface ProbeResult {
  readonly adapter: string;
  /** Lines about the task: classes, windows, subjects. */
  readonly task: readonly (readonly [string, string])[];
  /** Rows by level; of recordings none where a probe has no table of them. */
  readonly rows: Readonly<Record<LevelName, readonly ProbeRow[]>>;
}

/** As of `result.json`, which may be of an earlier version, or of other weights. */
export interface ProbeFile extends Pick<ProbeResult, 'adapter' | 'task'> {
  readonly settings: { readonly seed: number; readonly seeds: number };
  /** With their SHA-256. */
  readonly weights: string;
  readonly tables: readonly {
    readonly title: string;
    readonly rows: readonly (Omit<ProbeRow, 'drawn'> & Partial<ProbeRow>)[];
  }[];
}

/** @throws StudyError for a file that is damaged. */
export function readOutcome<Outcome>(file: string, keys: readonly (keyof Outcome & string)[]): Outcome {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'), numbersBack);
  } catch (cause) {
    throw new StudyError(`${file}: cannot be read as JSON; remove its folder and run the study again.`, {
      cause,
    });
  }
  // What is null in the file came back as NaN.
  const isThere = (each: unknown) => each !== undefined && !Number.isNaN(each);
  const lacking = keys.filter((key) => !isThere((value as Partial<Outcome> | undefined)?.[key]));
  if (lacking.length === 0) return value as Outcome;
  throw new StudyError(`${file}: lacks ${lacking.join(', ')}; remove its folder and run the study again.`);
}

const TITLES: Readonly<Record<LevelName, string>> = {
  windows: 'Test windows',
  recordings: 'Test recordings',
};

/** Undefined where it is of an earlier version, whose rows cannot be pooled. */
export function probeResultOf({ adapter, task, tables }: ProbeFile): ProbeResult | undefined {
  const all = tables.flatMap(({ rows }) => rows);
  if (all.some(({ id, drawn }) => id === undefined || drawn === undefined)) return undefined;
  const rowsAt = (level: LevelName) =>
    (tables.find(({ title }) => title === TITLES[level])?.rows ?? []) as readonly ProbeRow[];
  return { adapter, task, rows: { windows: rowsAt('windows'), recordings: rowsAt('recordings') } };
}

export const rowOf = (rows: readonly ProbeRow[], id: string): ProbeRow | undefined =>
  rows.find((row) => row.id === id);
