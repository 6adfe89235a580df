/** What a finished run amounts to in numbers: `summary.json`, and rows for people. */
import { showCount } from '../text.ts';
import type { StepRecord } from './loop.ts';
import type { PretrainSettings } from './options.ts';
import { meanOf, type SourceLosses, type SourceOutcome } from './outcome.ts';

export interface Finished {
  readonly settings: PretrainSettings;
  readonly records: readonly StepRecord[];
  readonly outcomes: ReadonlyMap<string, SourceOutcome>;
  readonly adapter: string;
  readonly adapterKind: string;
  readonly parameters: number;
  /** Of training. */
  readonly seconds: number;
  readonly gpuBytes: number;
  /** Steps at which the run was taken up again. */
  readonly resumedFrom: number | undefined;
}

/** The content of `summary.json`. */
export type Summary = ReturnType<typeof summarize>;

export function summarize(finished: Finished) {
  const { settings, records, outcomes, seconds } = finished;
  return {
    steps: settings.steps,
    seconds: round(seconds, 2),
    adapter: finished.adapter,
    adapterKind: finished.adapterKind,
    heldOutLoss: meanOf(outcomes, 'heldOutLoss'),
    predictZeroLoss: meanOf(outcomes, 'predictZeroLoss'),
    modalities: Object.fromEntries(
      [...outcomes].map(([source, { example: _, ...numbers }]) => [source, numbers]),
    ) as Readonly<Record<string, SourceLosses>>,
    seed: settings.seed,
    size: settings.size,
    compaction: settings.compaction,
    conditioning: settings.conditioning,
    precision: settings.precision,
    parameters: finished.parameters,
    samplesPerSecond: round(windowsASecond(records), 1),
    gpuBytes: finished.gpuBytes,
    ...(finished.resumedFrom !== undefined && { resumedFrom: finished.resumedFrom }),
  };
}

/** Without the first step, which compiles the kernels. */
function windowsASecond([first, ...rest]: readonly StepRecord[]): number {
  const seconds = (rest.at(-1)?.seconds ?? 0) - (first?.seconds ?? 0);
  return seconds > 0 ? rest.reduce((sum, { samples }) => sum + samples, 0) / seconds : 0;
}

export const OUTCOME_HEADINGS = ['', 'held-out loss', 'predicting zero', 'ratio', 'windows'] as const;

/** One row a modality, and their mean where there are several. */
export function outcomeRows(outcomes: ReadonlyMap<string, SourceLosses>): string[][] {
  const row = (name: string, loss: number, zero: number, windows: number) => [
    name,
    loss.toFixed(4),
    zero.toFixed(4),
    zero > 0 ? (loss / zero).toFixed(3) : 'none: nothing but zeros',
    showCount(windows),
  ];
  const rows = [...outcomes].map(([source, { heldOutLoss, predictZeroLoss, windows }]) =>
    row(source, heldOutLoss, predictZeroLoss, windows),
  );
  if (rows.length < 2) return rows;
  const windows = [...outcomes.values()].reduce((sum, outcome) => sum + outcome.windows, 0);
  return [
    ...rows,
    row('mean', meanOf(outcomes, 'heldOutLoss'), meanOf(outcomes, 'predictZeroLoss'), windows),
  ];
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
