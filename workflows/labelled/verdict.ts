/** What a table comes to, in sentences, each from what is in it. */
import { aurocOf } from '../../model/index.ts';
import { plural } from '../words.ts';
import { type Resampled, type ResamplingOptions, resampledClasses, type TableRow } from './outcome.ts';
import { type GroupNoun, groupCount, groupNoun, rowsOf, severalOf, type Task } from './task.ts';

export interface Judged {
  readonly rows: readonly TableRow[];
  readonly notes?: readonly string[] | undefined;
}

/** What the first row is worth on this task, in sentences. */
export function verdict({ rows, notes = [] }: Judged, noun: GroupNoun): string[] {
  const [own, ...rest] = rows;
  if (!own) return [];
  if (Number.isNaN(aurocOf(own))) return [`AUROC is not defined on these test windows.`, ...notes];
  // Another way to learn from the same token is no rival.
  const others = rest.filter(({ name }) => !name.startsWith('SPOTR'));
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
            : `"${own.name}" is ahead of everything beside it.`,
        ]),
    ...(close.length > 0
      ? [`It is ahead of these by less than what other ${severalOf(noun)} might change: ${names(close)}.`]
      : []),
    ...(rows.some(({ histories }) => histories)
      ? ['Whatever was chosen was chosen on the validation part, never on the test part.']
      : []),
    ...notes,
  ];
}

/** Test subjects under which resamples of them tell too little. */
const FEWEST_SUBJECTS = 5;

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
      ? 'these tell nothing, and are left out of the intervals'
      : 'means there are over the others';
  return [
    ...(tested < FEWEST_SUBJECTS
      ? [
          `Careful: the intervals come from ${count} only. With fewer than ${FEWEST_SUBJECTS} they are too narrow, and say little of what others would bring.`,
        ]
      : []),
    ...(lacking > 0 ? [`In ${part} of test ${nouns} a class has no window: ${what}.`] : []),
  ];
}
