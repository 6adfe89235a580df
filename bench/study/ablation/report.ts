/** `ABLATION.md`: the tables, and in words what the intervals allow to be said. */
import { meanOf, showInterval, showMetric, withDeviation } from '../../../evaluate/index.ts';
import type { Yardsticks } from '../../../workflows/index.ts';
import { bullets, escapeMarkdown, markdownTable } from '../../report/markdown.ts';
import type { ProbeRow } from '../outcomes.ts';
import { commandOf, coverage, type Study, type TaskResults } from '../plan.ts';
import type { StudyTask } from '../tasks.ts';
import { conclusionsOf, overall } from './conclusions.ts';
import { ablationRows, compared } from './rows.ts';

export function ablationMarkdown(study: Study): string {
  const { runs, tasks } = study;
  return `${[
    '# A first ablation, at small scale',
    `The paper publishes no ablation. Here the small model is pretrained three times with the same seed, steps and batches: as in the paper (the compactor, and a renderer conditioned on the one token: "SPOTR, cls"), with a renderer that sees all tokens ("SPOTR, tokens"), and without the compactor, all C x N patches as tokens ("flattened, cls"). A linear probe on each frozen encoder's one token is compared with what costs less. The runs are short and the recordings few: what is not told apart here may be at full scale, and nothing here is a result about the paper's base model.`,
    `${commandOf(study)} ${coverage(study)}`,
    '## Pretraining',
    markdownTable(trainingTable(runs)),
    'Held-out loss over that of predicting zero, by modality; the rows below the encoders are what costs less, on the same windows: the position-blind floor (the best waveform for each channel of a window, repeated in each patch), and linear codes, PCA of training windows, of as many numbers as the renderer sees and as the token has.',
    '## In short',
    bullets([
      givenBack(runs),
      ...overall(tasks.map(({ task, results }) => ({ title: task.title, results: compared(results) }))),
    ]),
    'An encoder beats a row where the 95 % interval of the difference in AUROC, over resamples of the same test groups, is above zero. Two encoders are told apart where their own intervals do not overlap, which is more cautious.',
    ...tasks.flatMap(({ task, results }) => taskSection(task, results)),
  ].join('\n\n')}\n`;
}

/** How far pretraining came: what is said of tokens is said of this. */
function givenBack(runs: Study['runs']): string {
  const shares = runs.map(({ variant, run }) => {
    const ratios = Object.values(run.modalities).flatMap(({ ratio }) => ratio ?? []);
    return `${variant.title} ${meanOf(ratios).toFixed(2)}`;
  });
  return `Pretraining ended at these parts of the loss of predicting zero, mean over modalities: ${shares.join(', ')}. Squeezing a window through one token is slow to learn; near 1 little of it has been learned.${aboveFloor(runs)}`;
}

/** Which runs did not get below what one repeated waveform loses. */
function aboveFloor(runs: Study['runs']): string {
  const found = runs.flatMap(({ variant, run }) => {
    const compared = Object.entries(run.modalities).filter(([, { yardsticks }]) => yardsticks);
    const above = compared.filter(
      ([, { ratio, predictZeroLoss, yardsticks }]) =>
        (ratio ?? Number.NaN) * predictZeroLoss > (yardsticks?.positionBlindLoss ?? Number.POSITIVE_INFINITY),
    );
    if (compared.length === 0) return [];
    const names = above.map(([name]) => name).join(', ') || 'none';
    return [`${variant.title} on ${names} of ${compared.length}`];
  });
  return found.length === 0 ? '' : ` Above the position-blind floor ended: ${found.join('; ')}.`;
}

function trainingTable(runs: Study['runs']) {
  const modalities = [...new Set(runs.flatMap(({ run }) => Object.keys(run.modalities)))].sort();
  return {
    headings: ['encoder, conditioning', 'parameters', 'steps', 'time', 's a step', ...modalities, 'adapter'],
    texts: 1,
    rows: [
      ...runs.map(({ variant, run }) => [
        variant.title,
        run.parameters.toLocaleString('en-US'),
        run.steps.toLocaleString('en-US'),
        `${(run.seconds / 60).toFixed(1)} min`,
        (run.seconds / run.steps).toFixed(2),
        ...modalities.map((name) => run.modalities[name]?.ratio?.toFixed(3) ?? '-'),
        run.adapter,
      ]),
      ...yardstickRows(runs, modalities),
    ],
  };
}

/** Of the first run that was compared: all are measured on the same windows. */
function yardstickRows(runs: Study['runs'], modalities: readonly string[]): string[][] {
  const compared = runs.find(({ run }) => Object.values(run.modalities).some(({ yardsticks }) => yardsticks));
  if (!compared) return [];
  const own = compared.run.modalities;
  const row = (name: string, lossOf: (yardsticks: Yardsticks) => number | undefined) => [
    ...[name, '-', '-', '-', '-'],
    ...modalities.map((modality) => {
      const { yardsticks, predictZeroLoss = 0 } = own[modality] ?? {};
      const loss = yardsticks && lossOf(yardsticks);
      return loss === undefined ? '-' : (loss / predictZeroLoss).toFixed(3);
    }),
    '-',
  ];
  const counts = Object.values(own).flatMap(({ yardsticks }) => yardsticks?.pca ?? []);
  const components = [...new Set(counts.map((one) => one.components))].sort((a, b) => a - b);
  return [
    row('position-blind floor', ({ positionBlindLoss }) => positionBlindLoss),
    ...components.map((count) =>
      row(`PCA-${count}`, ({ pca }) => pca.find((one) => one.components === count)?.loss),
    ),
  ];
}

function taskSection(task: StudyTask, results: TaskResults): string[] {
  const [first] = results;
  if (!first) return [];
  const own = compared(results);
  const flatResult = results.find(({ variant }) => variant.pretrain.compaction === 'none')?.result;
  const flat = flatResult && ablationRows(flatResult);
  const { untrained, untrainedFitted, handcrafted, raw, prior } = ablationRows(first.result);
  const rows: [string, ProbeRow][] = [
    ...own.map(({ variant, result }): [string, ProbeRow] => [variant.title, result.trained]),
    ...own.map(({ variant, result }): [string, ProbeRow] => [
      `${variant.title}; logistic on the same token`,
      result.fitted,
    ]),
    ['SPOTR, random encoder', untrained],
    ['SPOTR, random encoder; logistic', untrainedFitted],
    ...(flat ? ([['flattened, random encoder', flat.untrained]] as [string, ProbeRow][]) : []),
    ...(flat
      ? ([['flattened, random encoder; logistic', flat.untrainedFitted]] as [string, ProbeRow][])
      : []),
    ['handcrafted features', handcrafted],
    ...(raw ? [['raw samples', raw] as [string, ProbeRow]] : []),
    ['class prior', prior],
  ];
  const facts = first.result.task.map(([label, text]) => `${label.trim()}: ${text}`).join('; ');
  return [
    `## ${escapeMarkdown(task.title)}`,
    escapeMarkdown(`${facts}. Intervals by ${task.groups}.`),
    markdownTable({
      headings: ['', 'AUROC', '95 %', 'balanced accuracy', 'kappa'],
      texts: 1,
      rows: rows.map(([name, row]) => cellsOf(name, row)),
    }),
    bullets(conclusionsOf(own)),
  ];
}

function cellsOf(name: string, row: ProbeRow): string[] {
  const of = (key: keyof ProbeRow['seeds'][number]) => row.seeds.map((metrics) => metrics[key]);
  return [
    name,
    withDeviation(of('auroc')),
    showInterval(row.intervals.auroc),
    showMetric(meanOf(of('balancedAccuracy'))),
    showMetric(meanOf(of('kappa'))),
  ];
}
