/** What keeps recordings from being a task, all of it at once. */
import { firstNames } from '../../../base/first-names.ts';
import { type ManifestEntry, type Recording, requireSeparate, SignalError } from '../../../data/index.ts';
import { type Task, taskProblems } from '../../../workflows/labelled/task.ts';
import type { OpenedRecordings } from '../recordings.ts';
import { plural } from '../text.ts';
import { labelProblems } from './places.ts';

export type EntryOf = (one: { readonly name: string }) => ManifestEntry | undefined;

/** @throws SignalError with all that keeps the recordings from being a task. */
export function requireWhole(
  paths: readonly string[],
  { lost, entries }: OpenedRecordings,
  labelled: readonly Recording[],
  entryOf: EntryOf,
  seconds: number,
  multilabel: boolean,
): void {
  const parts = new Set([...entries.values()].map(({ split }) => split));
  const divided = parts.size > 1 || !parts.has(undefined);
  const reasons = lost.map(({ reason }) => reason.replace(/\.$/, ''));
  const problems = [
    lost.length > 0 &&
      `${plural(lost.length, 'recording')} cannot be opened: ${firstNames(reasons, 5, '; ')}`,
    entries.size === 0 &&
      'is neither a manifest nor a table of labels (make a manifest with spotr data scan, split and label)',
    entries.size > 0 && labelled.length === 0 && 'has no labels (add them with spotr data label)',
    entries.size > 0 && !divided && 'has no split (add one with spotr data split)',
    entries.size > 0 &&
      !parts.has('test') &&
      'has no "test" split (a table without splits is split by subject, which needs three subjects)',
    divided && leaksOf(labelled, entryOf),
    ...labelProblems(labelled, entryOf, seconds, multilabel),
  ].filter((problem) => typeof problem === 'string');
  if (problems.length > 0) throw new SignalError(`${paths.join(', ')}: ${problems.join('; ')}.`);
}

/** What belongs together and is in several parts, in words. */
function leaksOf(labelled: readonly Recording[], entryOf: EntryOf): string | false {
  try {
    requireSeparate(
      labelled.map((one) => {
        const { split } = entryOf(one) ?? {};
        return split === undefined ? one : { ...one, split };
      }),
    );
    return false;
  } catch (error) {
    if (error instanceof SignalError) return error.message.replace(/\.$/, '');
    throw error;
  }
}

/** @throws SignalError where a part tells no class from another, or training lacks one. */
export function requireClasses(task: Task): void {
  const problems = taskProblems(task);
  if (problems.length === 0) return;
  // Of one class there is no division that helps.
  const advice =
    task.classes.length < 2 && !task.targets.many
      ? ''
      : ' Split it differently: by a column "split", or with spotr data split and another --seed.';
  throw new SignalError(`Nothing can be learned from this task: ${problems.join('; ')}.${advice}`);
}
