/** File names of the Brain Imaging Data Structure: `sub-01_ses-1_task-rest_run-2_eeg.edf` (bids-specification.readthedocs.io). */

export interface BidsName {
  /** Folder with its last /, empty at the top. */
  folder: string;
  /** `sub` to "01", and so on, in the order of the name. */
  entities: ReadonlyMap<string, string>;
  /** "eeg", "channels", "events". */
  suffix: string;
  /** From the first dot: ".edf", ".tsv.gz". */
  extension: string;
}

/** Undefined where the name is not made of entities and a suffix; those of whole datasets may have no entity. */
export function bidsName(path: string): BidsName | undefined {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const match = /^((?:[a-z]+-[a-z0-9+]+_)*)([a-z0-9]+)(\..+)$/i.exec(path.slice(folder.length));
  if (!match) return undefined;
  const [, chain, suffix, extension] = match as unknown as [string, string, string, string];
  const pairs = chain.split('_').filter((part) => part !== '');
  const entities = new Map(pairs.map((part) => part.split('-', 2) as [string, string]));
  return { folder, entities, suffix, extension };
}

/** Does everything that a file's name says hold of another one? Then the file applies to that one. */
export function appliesTo(file: BidsName, other: BidsName): boolean {
  return [...file.entities].every(([key, value]) => other.entities.get(key) === value);
}
