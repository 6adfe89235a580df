/** Does a token read: what the probes of models came to, beside what costs less. */
import { aurocOf, showInterval, showMetric, withDeviation } from '../../../evaluate/index.ts';
import { plural } from '../../../workflows/words.ts';
import { bullets, escapeMarkdown, markdownTable } from '../../report/markdown.ts';
import { LEVELS, type LevelName, type ProbeResult, rowOf } from '../outcomes.ts';
import { commandOf, coverage, modelsOf, type Study, type TaskResults } from '../plan.ts';
import type { StudyTask } from '../tasks.ts';
import { costTable, lossesTable, RATIOS_IN_WORDS, trainingSentences } from '../training.ts';
import { COMPARISONS, type Compared, comparedIn, resultsOf } from './compare.ts';
import { conclusionsOf } from './conclusions.ts';
import { type Pooled, pooled } from './pool.ts';

/** `title` and what the models are, which a plan knows: `of` is put before what is done with each. */
export function readingMarkdown(
  study: Study,
  title: string,
  of: (models: string, seeds: string) => string,
): string {
  const compared = comparedIn(study);
  const models = modelsOf(study);
  const seeds = new Set(study.runs.map(({ variant }) => variant.seed)).size;
  return `${[
    `# ${title}`,
    `${of(models.join('; '), plural(seeds, 'seed'))} The frozen token of a window is then read on ${plural(study.plan.tasks.length, 'labelled task')} beside what costs less. The runs are short, the recordings few, and nothing here is a result about the paper's base model.`,
    `${commandOf(study)} ${escapeMarkdown(coverage(study))}`,
    '## In short',
    'Of test windows, unless recordings are named.',
    bullets([...conclusionsOf(study), ...trainingSentences(study)]),
    `"Beats" and "adds to" stand only where the 95 % interval of the difference in AUROC is above zero, "below zero" where it is below. Both sides are read in the same way: by logistic regressions, or by the probe where that is said. ${OF_INTERVALS}${fewSeeds(compared)}`,
    '## Pretraining',
    markdownTable(costTable(study)),
    markdownTable(lossesTable(study)),
    RATIOS_IN_WORDS,
    ...study.tasks.flatMap(({ task, results }) => taskSection(task, results, models, compared)),
  ].join('\n\n')}\n`;
}

const OF_INTERVALS =
  "Means and deviations are over seeds of pretraining. Intervals are over test subjects and seeds: the resamples of subjects of every seed's probe are taken together, each seed's counting alike, so they are where a single training lies. The seed of a probe draws its random encoder too, and the training subjects that are set apart for validation where a table does not name them.";

function fewSeeds(compared: readonly Compared[]): string {
  const isOne = compared.some(({ difference }) => difference.values.length === 1);
  return isOne ? ' Of a single seed an interval is over test subjects alone.' : '';
}

/** Rows that no encoder has a part in: of one seed they are the same beside every model. */
const WITHOUT_ENCODER: readonly string[] = ['handcrafted', 'bands', 'handcrafted-bands', 'raw', 'prior'];

function taskSection(
  task: StudyTask,
  results: TaskResults,
  models: readonly string[],
  compared: readonly Compared[],
): string[] {
  const there = models.filter((model) => resultsOf(results, model).length > 0);
  const tables = LEVELS.flatMap((level) => {
    if (results.every(({ result }) => result.rows[level].length === 0)) return [];
    const own = compared.filter((one) => one.task === task && one.level === level);
    return [
      `Test ${level}, AUROC:`,
      markdownTable(aurocTable(results, there, level)),
      `Differences in AUROC, test ${level}:`,
      markdownTable(differenceTable(results, there, own)),
    ];
  });
  return [
    `## ${escapeMarkdown(task.title)}`,
    escapeMarkdown(`${facts(results)}. Intervals by ${task.groups}.`),
    ...tables,
  ];
}

/** What is of numbers that stand in the probe's own table alone. */
const NOT_SHOWN: ReadonlySet<string> = new Set(['positive']);

/** Lines about a task; of those that depend on the seed, the first probe's. */
function facts(results: TaskResults): string {
  const [first, ...others] = results;
  if (!first) return '';
  return first.result.task
    .filter(([label]) => !NOT_SHOWN.has(label.trim()))
    .map(([label, text]) => {
      const isSame = others.every(({ result }) => result.task.some(([a, b]) => a === label && b === text));
      return `${label.trim()}${isSame ? '' : ` (of ${first.variant.name})`}: ${text.replace(/\.$/, '')}`;
    })
    .join('; ');
}

/** What a model is called above its column. */
const headingOf = (results: TaskResults, model: string): string =>
  `${model}; ${plural(resultsOf(results, model).length, 'seed')}`;

function aurocTable(results: TaskResults, models: readonly string[], level: LevelName) {
  const ids = [...new Set(results.flatMap(({ result }) => result.rows[level].map(({ id }) => id)))];
  const once = onceBySeed(results);
  const cell = (some: readonly ProbeResult[], id: string) => {
    const rows = some.flatMap(({ rows }) => rowOf(rows[level], id) ?? []);
    return rows.length === 0 ? '' : showAuroc(pooled(rows));
  };
  return {
    headings: [
      '',
      ...models.map((model) => headingOf(results, model)),
      `without an encoder; ${plural(once.length, 'seed')}`,
    ],
    texts: 1,
    rows: ids.map((id) => {
      const stands = WITHOUT_ENCODER.includes(id) && isAlike(results, level, id);
      return [
        namesOf(results, level, id),
        ...models.map((model) => (stands ? '' : cell(resultsOf(results, model), id))),
        stands ? cell(once, id) : '',
      ];
    }),
  };
}

/** The first result of each seed. */
const onceBySeed = (results: TaskResults): ProbeResult[] => [
  ...new Map([...results].reverse().map(({ variant, result }) => [variant.seed, result])).values(),
];

/** Whether a row is the same beside every model, seed by seed. */
function isAlike(results: TaskResults, level: LevelName, id: string): boolean {
  const aurocAt = ({ rows }: ProbeResult) => {
    const row = rowOf(rows[level], id);
    return row && aurocOf(row);
  };
  return results.every(({ variant, result }) =>
    results.every(
      (one) => one.variant.seed !== variant.seed || Object.is(aurocAt(one.result), aurocAt(result)),
    ),
  );
}

/** PCA of as many numbers as a token has is another row for another size. */
const namesOf = (results: TaskResults, level: LevelName, id: string): string =>
  [...new Set(results.flatMap(({ result }) => rowOf(result.rows[level], id)?.name ?? []))].join(' / ');

function differenceTable(results: TaskResults, models: readonly string[], compared: readonly Compared[]) {
  return {
    headings: ['', ...models.map((model) => headingOf(results, model))],
    texts: 1,
    rows: COMPARISONS.map((comparison) => [
      comparison.title,
      ...models.map((model) => {
        const found = compared.find((one) => one.model === model && one.comparison === comparison);
        return found ? showSpread(found.difference) : '-';
      }),
    ]),
  };
}

const showAuroc = (one: Pooled): string =>
  Number.isNaN(one.mean) ? showMetric(one.mean) : `${withDeviation(one.values)} (${showInterval(one)})`;

function showSpread(one: Pooled): string {
  const { low, high, values } = one;
  if (Number.isNaN(low)) return withDeviation(values);
  return `${withDeviation(values)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}
