/** What a finished run amounts to in numbers: `summary.json`, and rows for people. */
import {
  findingsOf,
  type Losses,
  lossTable,
  meanOverSources,
  type SourceLosses,
} from '../../../workflows/index.ts';
import type { StepRecord } from '../../../workflows/pretraining/loop.ts';
import { CommandError } from '../errors.ts';
import { recordOf } from '../files.ts';
import type { PretrainSettings } from '../training/options.ts';
import type { SourceOutcome } from './outcome.ts';
import { RUN_FILES, type RunFolder } from './run-folder.ts';

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
    heldOutLoss: meanOverSources(outcomes, ({ heldOutLoss }) => heldOutLoss),
    predictZeroLoss: meanOverSources(outcomes, ({ predictZeroLoss }) => predictZeroLoss),
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

/** @throws CommandError where the file is no summary of a finished run. */
export function readSummary(folder: RunFolder): Summary {
  let summary: unknown;
  try {
    summary = JSON.parse(new TextDecoder().decode(folder.read(RUN_FILES.summary)));
  } catch (error) {
    if (error instanceof CommandError) throw error;
  }
  const { modalities } = recordOf(summary);
  const losses = Object.values(recordOf(modalities));
  if (losses.length > 0 && losses.every(isLosses)) return summary as Summary;
  throw new CommandError(
    `${folder.file(RUN_FILES.summary)}: holds no losses of a finished run; it is damaged: train again.`,
  );
}

const isNumber = (value: unknown) => typeof value === 'number';

function isLosses(value: unknown): value is SourceLosses {
  const { heldOutLoss, predictZeroLoss, windows, yardsticks } = recordOf(value);
  if (![heldOutLoss, predictZeroLoss, windows].every(isNumber)) return false;
  if (yardsticks === undefined) return true;
  const { positionBlindLoss, pca } = recordOf(yardsticks);
  // A loss that is not finite is left out where it is written.
  const isCode = (code: unknown) => isNumber(recordOf(code).components);
  const isFloor = positionBlindLoss === undefined || isNumber(positionBlindLoss);
  return isFloor && Array.isArray(pca) && pca.every(isCode);
}

/** Without the first step, which compiles the kernels. */
function windowsASecond([first, ...rest]: readonly StepRecord[]): number {
  const seconds = (rest.at(-1)?.seconds ?? 0) - (first?.seconds ?? 0);
  return seconds > 0 ? rest.reduce((sum, { samples }) => sum + samples, 0) / seconds : 0;
}

/** The losses of a run as a table, and what they amount to in sentences. */
export function outcomeTable(losses: Losses, settings: Advised & Pick<PretrainSettings, 'conditioning'>) {
  return {
    ...lossTable(losses, { digits: 4 }),
    findings: findingsOf(losses, {
      conditioning: settings.conditioning,
      ways: waysOut(settings),
    }),
  };
}

interface Advised {
  /** Seconds. */
  readonly window: number;
  /** How the position tables began; zeros where there was no choice. */
  readonly positionInit?: string;
}

/** Seconds of windows that are as short as is of use. */
const SHORT_WINDOW = 1;

/** What leads away from a loss above the position-blind floor, without what the run has done already. */
function waysOut({ window, positionInit }: Advised): string[] {
  return [
    'train longer (--steps)',
    ...(window > SHORT_WINDOW
      ? [`on shorter windows (--window ${SHORT_WINDOW}, or first: --windows ${SHORT_WINDOW},${window})`]
      : []),
    ...(positionInit === 'normal'
      ? []
      : ['from other position tables (--position-init normal, or --recipe quick)']),
  ];
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
