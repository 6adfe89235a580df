/** What a file format is to the rest of the program. */

import type { ByteSource } from '../../base/bytes.ts';
import type { Modality, Recording } from '../recording.ts';

/** What a person has to say about files that do not say it themselves. */
export interface OpenOptions {
  /** Samples a second. It holds whatever the file says, with a note; channels of several rates keep theirs. */
  rate?: number;
  modality?: Modality;
  /** What separates the fields of text; found out if not given. */
  delimiter?: ',' | ';' | '\t' | ' ';
  /** 3,14 instead of 3.14 in text; found out if not given. */
  decimalComma?: boolean;
  /** Which array of a file that holds several (NPZ, MAT, HDF5) is the signal: its name or path there. */
  variable?: string;
}

/** A file that is not opened yet. */
export interface FileEntry {
  /** Path with / between its parts; names in messages and in the results. */
  path: string;
  open(): Promise<ByteSource>;
  /** The file that the path leads to: of several entries of one file one is opened, the one that is no link if there is such. */
  real?: { path: string; isLink: boolean };
}

/** The files among which one is opened: those that it may refer to, and that may refer to it. */
export class FileSet {
  readonly entries: readonly FileEntry[];
  readonly #byPath: ReadonlyMap<string, FileEntry>;

  constructor(entries: readonly FileEntry[]) {
    this.entries = entries;
    this.#byPath = new Map(entries.map((entry) => [entry.path, entry]));
  }

  /** The file of a path, undefined where there is none. */
  at(path: string): FileEntry | undefined {
    return this.#byPath.get(path);
  }

  /** The file of a name in the folder of `path`, or below it; undefined where there is none. */
  beside(path: string, name: string): FileEntry | undefined {
    return this.#byPath.get(pathBeside(path, name));
  }
}

/** One format. A new one is a file or folder here, and a line in formats/index.ts. */
export interface Format {
  /** In words, for people. */
  readonly name: string;
  /** Of file names, in lower case, without the dot. */
  readonly endings: readonly string[];
  /** Its headers say the rate of each channel, so `open` asks nobody; where one is given all the same, `atGivenRate` is called. */
  readonly declaresRates?: true;
  /** Throws a FormatError for what cannot be read, a SignalError where something has to be given. */
  open(entry: FileEntry, files: FileSet, options: OpenOptions): Promise<Recording>;
  /**
   * Paths of the other files that belong to this one, those with its samples first: they are not opened by themselves
   * where this one is. They need not be there.
   */
  parts?(entry: FileEntry, files: FileSet): Promise<readonly string[]>;
}

export function endingOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.includes('.') ? name.slice(name.lastIndexOf('.') + 1).toLowerCase() : '';
}

export function pathBeside(path: string, name: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1) + name;
}
