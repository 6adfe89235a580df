/** The rows of a probe that the ablation compares, at windows. */
import { StudyError } from '../error.ts';
import { type ProbeResult, type ProbeRow, rowOf } from '../outcomes.ts';
import type { TaskResults, Variant } from '../plan.ts';

/** The encoder's rows, then those of what it has to beat. */
export interface AblationRows {
  /** The probe, then a logistic regression, on the same token. */
  readonly trained: ProbeRow;
  readonly fitted: ProbeRow;
  /** The same two on the token of a random encoder. */
  readonly untrained: ProbeRow;
  readonly untrainedFitted: ProbeRow;
  readonly handcrafted: ProbeRow;
  /** Absent where recordings differ in channels. */
  readonly raw: ProbeRow | undefined;
  readonly prior: ProbeRow;
}

/** Each variant's rows on one task. */
export type Compared = readonly { readonly variant: Variant; readonly result: AblationRows }[];

export const compared = (results: TaskResults): Compared =>
  results.map(({ variant, result }) => ({ variant, result: ablationRows(result) }));

/** @throws StudyError for a probe that lacks a row. */
export function ablationRows({ rows: { windows } }: ProbeResult): AblationRows {
  const need = (id: string) => {
    const row = rowOf(windows, id);
    if (row) return row;
    const there = windows.map((one) => one.id).join(', ') || 'none';
    throw new StudyError(`A probe has no row "${id}"; there are ${there}. Probe again.`);
  };
  return {
    trained: need('token'),
    fitted: need('token-logistic'),
    untrained: need('random'),
    untrainedFitted: need('random-logistic'),
    handcrafted: need('handcrafted'),
    raw: rowOf(windows, 'raw'),
    prior: need('prior'),
  };
}
