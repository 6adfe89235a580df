/** What a table comes to, in sentences, each from what is in it. */
import { aurocOf } from '../../evaluate/index.ts';
import { plural } from '../words.ts';
import {
  type Difference,
  type Resampled,
  type ResamplingOptions,
  resampledClasses,
  type TableRow,
} from './outcome.ts';
import { type GroupNoun, groupCount, groupNoun, rowsOf, severalOf, type Task } from './task.ts';

export interface Judged {
  readonly title: string;
  readonly rows: readonly TableRow[];
  readonly notes?: readonly string[] | undefined;
}

/** What tables come to: each by its title where there are several. */
export function verdicts(tables: readonly Judged[], noun: GroupNoun): string[] {
  return tables.flatMap((table) => {
    const said = verdict(table, noun);
    return tables.length > 1 && said.length > 0 ? [`${table.title}: ${said.join(' ')}`] : said;
  });
}

/** What the first row is worth on this task, in sentences. */
export function verdict({ rows, notes = [] }: Judged, noun: GroupNoun): string[] {
  const [own, ...rest] = rows;
  if (!own) return [];
  if (Number.isNaN(aurocOf(own))) return [`AUROC is not defined on these test windows.`, ...notes];
  // Another classifier on the same token is not a baseline.
  const others = rest.filter(({ name }) => !name.includes('SPOTR'));
  const names = (some: readonly TableRow[]) => some.map(({ name }) => name).join('; ');
  const ahead = others.filter((row) => aurocOf(row) >= aurocOf(own));
  // Where there are no intervals, that is said below.
  const close = others.filter((row) => !ahead.includes(row) && (row.behind?.low ?? Number.NaN) <= 0);
  return [
    ...(others.length === 0
      ? []
      : [
          ahead.length > 0
            ? `"${own.name}" does not beat: ${names(ahead)}.`
            : `"${own.name}" is ahead of every baseline.`,
        ]),
    ...(close.length > 0
      ? [`Its lead over these is within the uncertainty over ${severalOf(noun)}: ${names(close)}.`]
      : []),
    ...compared(own, others),
    ...added(rows, noun),
    ...converged(rows),
    ...(rows.some(({ histories }) => histories)
      ? ['All choices were made on the validation split, none on the test split.']
      : []),
    ...notes,
  ];
}

/** Baselines that every verdict compares the token with: the random encoder, and handcrafted features. */
const ASKED: readonly string[] = ['random', 'handcrafted', 'handcrafted-bands'];

function compared(own: TableRow, others: readonly TableRow[]): string[] {
  const parts = ASKED.flatMap((id) => {
    const row = others.find((one) => one.id === id);
    const { behind } = row ?? {};
    if (!row || !behind || Number.isNaN(behind.low)) return [];
    const size = showDifference(behind);
    if (behind.low > 0) return [`ahead of "${row.name}" by ${size}`];
    if (behind.high < 0) return [`behind "${row.name}" by ${size}`];
    return [`not distinguishable from "${row.name}": ${size}`];
  });
  return parts.length > 0 ? [`Difference in AUROC: "${own.name}" is ${parts.join('; ')}.`] : [];
}

/** What the token adds to what is at hand without it. */
function added(rows: readonly TableRow[], noun: GroupNoun): string[] {
  return rows.flatMap(({ name, added: by }) => {
    if (!by) return [];
    const size = showDifference(by);
    if (Number.isNaN(by.low)) return [`"${name}" less "${by.to}": ${size}, without an interval.`];
    if (by.low > 0) return [`The token adds to "${by.to}": AUROC changes by ${size}.`];
    if (by.high < 0) return [`The token lowers "${by.to}": AUROC changes by ${size}.`];
    return [`The token adds nothing to "${by.to}" beyond the uncertainty over ${severalOf(noun)}: ${size}.`];
  });
}

/** `0.028 (-0.023 to 0.064)`: with its 95 % interval. */
function showDifference({ mean, low, high }: Difference): string {
  const shown = [mean, low, high].map((value) => value.toFixed(3));
  return Number.isNaN(low) ? `${shown[0]}` : `${shown[0]} (${shown[1]} to ${shown[2]})`;
}

/** Whether what was trained in epochs has converged: by the curves. */
function converged(rows: readonly TableRow[]): string[] {
  return rows.flatMap(({ name, convergedAt: ends = [] }) => {
    if (ends.length === 0) return [];
    const come = ends.filter((end) => !Number.isNaN(end));
    const seeds = plural(ends.length, 'seed');
    if (come.length < ends.length)
      return [
        `"${name}" has not converged in ${ends.length - come.length} of ${seeds}: its numbers are of heads that were still being trained.`,
      ];
    const [first, last] = [Math.min(...come), Math.max(...come)];
    return [
      `"${name}" has converged in ${ends.length === 1 ? 'its one seed' : `all ${seeds}`}, at epoch ${first === last ? first : `${first} to ${last}`}.`,
    ];
  });
}

/** Test subjects under which resamples of them tell too little. */
const MIN_SUBJECTS = 5;

/** What is to be known before the intervals are read. */
export interface Caution {
  /** Subjects (or recordings) of the test part. */
  readonly tested: number;
  /** What one of them is. */
  readonly noun: GroupNoun;
  readonly resampled: Resampled;
  /** Whether any row has an interval. */
  readonly shown: boolean;
  readonly classes: number;
  readonly many: boolean;
}

export function cautionOf(
  task: Task,
  tables: readonly Pick<Judged, 'rows'>[],
  options: ResamplingOptions,
): Caution {
  return {
    tested: groupCount(task, 'test'),
    noun: groupNoun(task, rowsOf(task, 'test')),
    resampled: resampledClasses(task, options),
    shown: tables.some(({ rows }) => rows.some(({ intervals }) => !Number.isNaN(intervals.auroc.low))),
    classes: task.classes.length,
    many: task.targets.many,
  };
}

/** What intervals come from, where that is little; nothing where they come from enough. */
export function cautionInWords({ tested, noun, resampled, shown, classes, many }: Caution): string[] {
  const nouns = severalOf(noun);
  const count = plural(tested, `test ${noun}`, `test ${nouns}`);
  if (tested < 2)
    return [`There are no intervals: there is ${count}, and intervals are over resamples of several.`];
  const { count: all, lacking } = resampled;
  const part = `${lacking.toLocaleString('en-US')} of ${plural(all, 'resample')}`;
  if (!shown)
    return [
      `There are no intervals: in ${part} of the ${count} a class has no window. There are too few test ${nouns} of each class.`,
    ];
  const what =
    classes === 2 && !many
      ? 'these are undefined, and are left out of the intervals'
      : 'means there are over the other classes';
  return [
    ...(tested < MIN_SUBJECTS
      ? [
          `Careful: the intervals come from ${count} only. With fewer than ${MIN_SUBJECTS} they are too narrow, and say little about other ${nouns}.`,
        ]
      : []),
    ...(lacking > 0 ? [`In ${part} of test ${nouns} a class has no window: ${what}.`] : []),
  ];
}
