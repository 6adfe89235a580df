/** The page of a probe, of few shots or of fine-tuning, from its result alone. */

import { aurocOf, CONVERGENCE_RULE, showInterval, withDeviation } from '../../../evaluate/index.ts';
import { confusionFigure } from '../../../figures/confusion.ts';
import { epochsFigure } from '../../../figures/epochs.ts';
import { intervalFigure } from '../../../figures/intervals.ts';
import { rocFigure } from '../../../figures/roc.ts';
import type { TableRow } from '../../../workflows/labelled/outcome.ts';
import { severalOf } from '../../../workflows/labelled/task.ts';
import { reportPage, type Section } from '../report-page.ts';
import { showDuration } from '../text.ts';
import type { Result, ResultTable } from './result-file.ts';
import { METRIC_COLUMNS } from './table.ts';

const TITLES: Readonly<Record<string, string>> = {
  probe: 'SPOTR: labels predicted from the frozen token',
  fewshot: 'SPOTR: labels predicted from few labelled windows',
  finetune: 'SPOTR: fine-tuned on the labels',
};

export function resultPage(result: Result): string {
  const { verb, classes, tables, verdict, adapter, spotr } = result;
  const named = classes.length > 6 ? `${classes.length} classes` : classes.join(' against ');
  return reportPage({
    title: TITLES[verb] ?? verb,
    lead: `${named}; spotr ${spotr} on ${adapter}`,
    sections: [
      { heading: 'Summary', note: verdict.join(' ') },
      ...tables.flatMap((table) => sectionsOf(table, result)),
    ],
    facts: factsOf(result),
  });
}

function sectionsOf({ title, rows }: ResultTable, result: Result): Section[] {
  const { classes } = result;
  const [first] = rows;
  if (!first) return [];
  const resampled = resampledOf(result);
  const figures = [
    intervalFigure({
      title: `AUROC, ${title.toLowerCase()}`,
      caption: `mean over seeds, 95 % of resamples of test ${resampled} and seeds, and the single runs; dashed: chance`,
      chance: 0.5,
      rows: rows.map((row) => ({
        name: row.name,
        value: aurocOf(row),
        ...row.intervals.auroc,
        runs: row.seeds.map(({ auroc }) => auroc),
      })),
    }),
    ...(first.roc.length > 0 ? [rocOf(rows, classes)] : []),
    ...(first.confusion
      ? [
          confusionFigure({
            title: `${first.name}: confusion matrix`,
            caption:
              'true classes down, predicted ones across; windows (mean over seeds), part of the true class',
            classes,
            matrix: first.confusion,
          }),
        ]
      : []),
    ...rows
      .filter(({ histories }) => histories !== undefined)
      .slice(0, 2)
      .map(({ name, histories = [], taken, convergedAt }) =>
        epochsFigure({ title: `${name}: training`, histories, convergedAt, ...(taken && { taken }) }),
      ),
  ];
  return [
    {
      heading: title,
      note: legendOf(result),
      table: { headings: HEADINGS, rows: rows.map(cellsOf) },
      figures,
    },
  ];
}

/** Of two classes the curves of all rows; of more those of each class, by the first row. */
function rocOf(rows: readonly TableRow[], classes: readonly string[]): string {
  const [first] = rows as readonly [TableRow];
  if (first.roc.length === 1) {
    return rocFigure({
      title: `ROC curves: ${first.roc[0]?.label} found among ${classes.join(' and ')}`,
      series: rows.flatMap(({ name, roc }) => (roc[0] ? [{ name, points: roc[0].points }] : [])),
    });
  }
  return rocFigure({
    title: `${first.name}: ROC curves, each class against the rest`,
    series: first.roc.map(({ label, points }) => ({ name: label, points })),
  });
}

/** What decides stands beside the AUROC that it compares, where no screen cuts it off. */
const [, ...OTHERS] = METRIC_COLUMNS;
const HEADINGS = ['', 'AUROC', 'first ahead by', ...OTHERS.map(([heading]) => heading)];
/** What intervals resample; files of earlier versions do not say it. */
const resampledOf = ({ groups }: Result): string => (groups ? severalOf(groups) : 'subjects or recordings');

function legendOf(result: Result): string {
  const { positive } = result;
  const trained =
    result.protocol === undefined
      ? ''
      : ` The probe, ${result.protocol}. Of convergence the curves decide: ${CONVERGENCE_RULE}.`;
  // Files of earlier versions do not say of which class it is.
  const auprc =
    positive === undefined
      ? ''
      : ` AUPRC is ${positive === null ? 'the mean over classes' : `that of "${positive}"`}.`;
  return `Means over seeds with their deviation; below them 95 % intervals over resamples of test ${resampledOf(result)} and of seeds, both with replacement.${auprc} F1 is the mean over classes. The second column compares AUROC on the same resamples.${trained}`;
}

function cellsOf({ name, seeds, intervals, behind }: TableRow): string[] {
  const metric = (key: (typeof METRIC_COLUMNS)[number][1]) => {
    const values = seeds.map((metrics) => metrics[key]);
    return `${withDeviation(values)}\n${showInterval(intervals[key])}`;
  };
  return [
    name,
    metric('auroc'),
    behind ? `${behind.mean.toFixed(3)}\n${showInterval(behind)}` : '',
    ...OTHERS.map(([, key]) => metric(key)),
  ];
}

function factsOf(result: Result): (readonly [string, string])[] {
  const { settings, weights, task, seconds, adapter, spotr } = result;
  const shown = (value: unknown): string => {
    if (Array.isArray(value)) return value.map(shown).join(', ');
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  };
  return [
    ...task,
    ['weights', weights],
    ['hardware', adapter],
    ['spotr', spotr],
    ['time', showDuration(seconds)],
    ...Object.entries(settings).flatMap(([name, value]): [string, string][] =>
      value === undefined || value === false || name === 'weights' ? [] : [[name, shown(value)]],
    ),
  ];
}
