/** Which recordings belong together, because they share a subject, a record or a file. */
import type { Kin } from '../recording.ts';

/** What shows kinship. */
export interface Related {
  readonly name: string;
  readonly dataset?: string;
  readonly subject?: string;
  readonly kin?: Kin;
}

/** Recordings with one of these in common hold some of the same samples. */
export const sampleKeys = ({ name, kin }: Related): string[] => [
  `recording ${name}`,
  ...(kin?.files ?? []).map((file) => `file ${file}`),
];

/** And with one of these, they are parts of one record. */
export const recordKeys = (recording: Related): string[] => [
  ...sampleKeys(recording),
  ...(recording.kin?.records ?? []).map((record) => `record ${record}`),
];

/** A subject is one within a data set: others number theirs alike. */
export const subjectKeys = ({ dataset, subject }: Related): string[] =>
  subject === undefined ? [] : [`subject ${dataset === undefined ? '' : `${dataset} `}${subject}`];

/** All of them: recordings with any in common stay on one side of a split. */
export const unitKeys = (recording: Related): string[] => [
  ...recordKeys(recording),
  ...subjectKeys(recording),
];

/**
 * Names the unit that each item belongs to: items with a key in common are in one, and so are those that are joined
 * over others. The name is the unit's first key in the order of the alphabet, whatever the order of the items.
 */
export function unitsOf<T>(items: readonly T[], keysOf: (item: T) => readonly string[]): Map<T, string> {
  const parents = new Map<string, string>();
  const rootOf = (key: string): string => {
    let root = key;
    for (let next = parents.get(root); next !== undefined; next = parents.get(root)) root = next;
    // Shortens the way for the next one.
    for (let at = key; at !== root; ) {
      const next = parents.get(at) as string;
      parents.set(at, root);
      at = next;
    }
    return root;
  };
  for (const item of items) {
    const [first, ...others] = keysOf(item);
    for (const other of others) {
      const [a, b] = [rootOf(first as string), rootOf(other)];
      if (a < b) parents.set(b, a);
      else if (b < a) parents.set(a, b);
    }
  }
  return new Map(items.map((item) => [item, rootOf(keysOf(item)[0] as string)]));
}
