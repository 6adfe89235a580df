/** Writes what a finished run leaves behind: the summary, the pictures and the page that shows both. */
import { MODEL_RATE } from '../../data/index.ts';
import { lossCurve } from '../pictures/loss-curve.ts';
import { reconstructionFigure } from '../pictures/reconstruction.ts';
import { reportPage } from '../pictures/report.ts';
import { RUN_FILES, type RunFolder } from '../run-folder.ts';
import { plural, showBytes, showCount, showDuration } from '../text.ts';
import type { StepRecord } from './loop.ts';
import type { PretrainSettings } from './options.ts';
import { meanOf, type SourceOutcome } from './outcome.ts';

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
    ),
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
export function outcomeRows(outcomes: ReadonlyMap<string, SourceOutcome>): string[][] {
  const row = (name: string, loss: number, zero: number, windows: number) => [
    name,
    loss.toFixed(4),
    zero.toFixed(4),
    (loss / zero).toFixed(3),
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

export function leaveOutcome(folder: RunFolder, finished: Finished): void {
  const { settings, outcomes, records } = finished;
  const heldOut = Object.fromEntries([...outcomes].map(([source, { heldOutLoss }]) => [source, heldOutLoss]));
  const loss = lossCurve(records, { heldOut, predictZero: meanOf(outcomes, 'predictZeroLoss') });
  const pictures = [...outcomes].map(
    ([source, outcome]) => [source, reconstructionOf(source, outcome)] as const,
  );
  folder.write(RUN_FILES.loss, loss);
  for (const [source, picture] of pictures) folder.write(reconstructionFile(source), picture);
  const summary = summarize(finished);
  folder.write(
    RUN_FILES.report,
    reportPage({
      title: 'SPOTR pretraining',
      lead: `${settings.size} (${showCount(finished.parameters)} parameters), ${plural(settings.steps, 'step')}, seed ${settings.seed}, on ${finished.adapter}`,
      table: { headings: OUTCOME_HEADINGS, rows: outcomeRows(outcomes) },
      figures: [loss, ...pictures.map(([, picture]) => picture)],
      facts: [
        ['time of training', showDuration(finished.seconds)],
        ['windows a second', String(summary.samplesPerSecond)],
        ['memory of the device', `${showBytes(finished.gpuBytes)} at most`],
        ...Object.entries(settings).flatMap(([name, value]): [string, string][] =>
          value === undefined
            ? []
            : [[name, Array.isArray(value) ? value.join(', ') || 'none' : String(value)]],
        ),
      ],
    }),
  );
  // Last: where there is a summary, everything else is there.
  folder.write(RUN_FILES.summary, `${JSON.stringify(summary, null, 2)}\n`);
}

export function reconstructionFile(source: string): string {
  return `reconstruction-${source.toLowerCase().replace(/[^\w]+/g, '-')}.svg`;
}

function reconstructionOf(source: string, { example, windows }: SourceOutcome): string {
  const { loss, zeroLoss, ...window } = example;
  return reconstructionFigure({
    ...window,
    title: `${source}: a held-out window, and what the model gives back of it`,
    caption: `of median error; loss ${loss.toFixed(3)}, predicting zero ${zeroLoss.toFixed(3)}; ${plural(windows, 'window')} held out`,
    rate: MODEL_RATE,
  });
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
