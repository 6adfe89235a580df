/** Tables named like recordings: of labels of other files, and of one window a row. */

import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { firstNames } from '../../../base/first-names.ts';
import {
  decodeFile,
  groupBy,
  isLabelTable,
  isWindowTable,
  labelsOfRows,
  type ManifestEntry,
  type OpenedManifest,
  type OpenOptions,
  placesIn,
  type Recording,
  type RecordingLabels,
  readLabelTable,
  readRowLabels,
  readWindowTable,
  recordingsOfTable,
  SignalError,
  type SplitName,
} from '../../../data/index.ts';
import { openPaths } from '../../../data/node.ts';
import { divideBySubject } from '../../../workflows/labelled/division.ts';
import { readStart, readText } from '../files.ts';
import { nearPaths, plural } from '../text.ts';

export type TableKind = 'labels' | 'windows';

export interface TableOptions extends OpenOptions {
  /** A table of the labels of a table's rows. */
  readonly labels?: string;
  /** Its column, where it is called otherwise. */
  readonly labelColumn?: string;
}

const TEXT = /\.(csv|tsv|txt)$/i;
/** Enough for some rows of any table. */
const HEAD_BYTES = 1 << 18;
/** Files beyond which a list says no more. */
const MAX_NAMED = 10;
/** What table a file is, if it is one. */
export function tableKindOf(path: string, labelColumn?: string): TableKind | undefined {
  if (!TEXT.test(path) || !statSync(path, { throwIfNoEntry: false })?.isFile()) return undefined;
  const head = headOf(path);
  if (isLabelTable(head, labelColumn)) return 'labels';
  return isWindowTable(head) ? 'windows' : undefined;
}

function headOf(path: string): string[] {
  const bytes = readStart(path, HEAD_BYTES);
  // The last line may be cut, and a letter with it.
  const end = bytes.length < HEAD_BYTES ? bytes.length : bytes.lastIndexOf(0x0a) + 1;
  return decodeFile(bytes.subarray(0, end)).split(/\r?\n/);
}

/** The files that a table of labels names, from its own folder, with their labels. */
export async function openLabelTable(path: string, options: TableOptions): Promise<OpenedManifest> {
  const rows = groupBy(readLabelTable(readText(path), path, options.labelColumn), ({ file }) =>
    resolve(dirname(path), file),
  );
  const missing = [...rows.keys()].filter((file) => !statSync(file, { throwIfNoEntry: false })?.isFile());
  if (missing.length > 0) {
    const few = firstNames(
      missing.map((file) => `"${nearPaths(file)}"`),
      MAX_NAMED,
    );
    throw new SignalError(
      `${path}: ${missing.length} of the ${plural(rows.size, 'file')} that it names ${missing.length === 1 ? 'is' : 'are'} not there: ${few}; paths in a table are relative to its folder.`,
    );
  }
  const { recordings } = await openPaths([...rows.keys()], options);
  const known = recordings.map((recording, i) => {
    const [file, own] = [...rows][i] as [string, Parameters<typeof labelsOfRows>[1]];
    return { recording, file, facts: labelsOfRows(nearPaths(file), own, placesIn(recording)) };
  });
  return withParts(
    known.map(({ recording, facts }) => ({ recording: withSubject(recording, facts), ...facts })),
  );
}

const withSubject = (recording: Recording, { subject, notes = [] }: RecordingLabels): Recording => ({
  ...recording,
  ...(subject !== undefined && { subject }),
  notes: [...recording.notes, ...notes],
});

/** The rows of a table as recordings. */
export function openWindowTable(path: string, options: TableOptions): OpenedManifest {
  const { rate, modality, labels, labelColumn } = options;
  const table = readWindowTable(readText(path), path, labels === undefined ? labelColumn : undefined);
  if (rate === undefined)
    throw new SignalError(
      `${path}: is a table of one window of ${table.samples} samples a row, but does not state its sampling rate; give --rate HZ.`,
    );
  const given = labels === undefined ? undefined : readRowLabels(readText(labels), labels, labelColumn);
  const beyond = given && [...given.keys()].find((row) => row >= table.rows.length);
  if (beyond !== undefined)
    throw new SignalError(
      `${labels}: labels row ${beyond}, but ${path} has rows 0 to ${table.rows.length - 1}.`,
    );
  return withParts(
    recordingsOfTable(table, { path, rate, ...(modality && { modality }), ...(given && { labels: given }) }),
  );
}

interface Labelled extends Omit<RecordingLabels, 'subject'> {
  readonly recording: Recording;
}

/** Divides what no table divides, by subject. */
function withParts(known: readonly Labelled[]): OpenedManifest {
  const hasSplits = known.some(({ split }) => split !== undefined);
  const units = known.map(({ recording, labels }) => ({
    ...recording,
    labels: labels.map(({ label }) => label),
  }));
  const parts: ReadonlyMap<(typeof units)[number], SplitName> = hasSplits
    ? new Map()
    : divideBySubject(units);
  const entries = known.map(({ recording, labels, split }, i): [string, ManifestEntry] => {
    const part = split ?? parts.get(units[i] as (typeof units)[number]);
    return [recording.name, { path: recording.name, labels, ...(part && { split: part }) }];
  });
  return {
    recordings: known.map(({ recording }) => recording),
    skipped: [],
    lost: [],
    entries: new Map(entries),
  };
}
