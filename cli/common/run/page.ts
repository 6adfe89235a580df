/** The page of a pretraining run, finished or not. */
import { lossCurve } from '../../../figures/loss-curve.ts';
import { type Losses, meanOverSources, yardstickLines } from '../../../workflows/index.ts';
import type { StepRecord } from '../../../workflows/pretraining/loop.ts';
import type { Option } from '../options.ts';
import { reportPage, type Section } from '../report-page.ts';
import { plural, showBytes, showCount, showDuration } from '../text.ts';
import { PRETRAIN_OPTIONS } from '../training/options.ts';
import type { RunConfig } from './config.ts';
import { outcomeTable, type Summary } from './summary.ts';

export interface PretrainRun {
  readonly config: RunConfig;
  readonly records: readonly StepRecord[];
  /** Absent while a run is under way, and after one that was stopped. */
  readonly summary: Summary | undefined;
  /** SVG documents. */
  readonly reconstructions: readonly string[];
  readonly hashes: readonly (readonly [file: string, sha256: string])[];
}

export function pretrainPage({ config, records, summary, reconstructions, hashes }: PretrainRun): string {
  const { settings, adapter, parameters, spotr } = config;
  const done = records.at(-1)?.step ?? 0;
  const steps = summary
    ? plural(settings.steps, 'step')
    : `${showCount(done)} of ${plural(settings.steps, 'step')}, unfinished`;
  const losses = new Map(Object.entries(summary?.modalities ?? {}));
  const curve = curveOf(records, losses);
  const { notes, findings, ...table } = outcomeTable(losses, settings);
  const outcome: Section[] = summary
    ? [
        {
          heading: 'Held-out windows',
          note: [...notes, ...findings].join(' '),
          table,
        },
      ]
    : [];
  const seconds = summary?.seconds ?? records.at(-1)?.seconds ?? 0;
  const facts: [string, string][] = [
    ['hardware', adapter],
    ['time of training', showDuration(seconds)],
    ...(summary
      ? ([
          ['windows a second', String(summary.samplesPerSecond)],
          ['memory of the device', `${showBytes(summary.gpuBytes)} peak`],
        ] as [string, string][])
      : []),
    ['spotr', spotr],
    ...Object.entries(settings).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, shown(name, value)]],
    ),
    ...hashes.map(([file, hash]): [string, string] => [`SHA-256 of ${file}`, hash]),
  ];
  return reportPage({
    title: 'SPOTR pretraining',
    lead: `${settings.size} (${showCount(parameters)} parameters), ${steps}, seed ${settings.seed}, on ${adapter}`,
    sections: [...outcome, { heading: 'Pictures', figures: [curve, ...reconstructions] }],
    facts,
  });
}

/** Losses of the steps and, of a run that is complete, of what was held out of it. */
export function curveOf(records: readonly StepRecord[], losses: Losses): string {
  if (losses.size === 0) return lossCurve(records);
  return lossCurve(records, {
    heldOut: Object.fromEntries([...losses].map(([source, { heldOutLoss }]) => [source, heldOutLoss])),
    predictZero: meanOverSources(losses, ({ predictZeroLoss }) => predictZeroLoss),
    yardsticks: yardstickLines(losses),
  });
}

function shown(name: string, value: unknown): string {
  const option: Option<unknown> | undefined = PRETRAIN_OPTIONS[name as keyof typeof PRETRAIN_OPTIONS];
  if (option?.show) return option.show(value) || 'none';
  if (Array.isArray(value)) return value.join(', ') || 'none';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
