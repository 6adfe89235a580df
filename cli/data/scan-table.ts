/** A manifest for people: a row a data set and modality, and what was noticed. */
import { groupBy, type ManifestEntry } from '../../data/index.ts';
import { fewFiles, type Row, showDuration, table } from '../common/text.ts';

const HEADINGS = ['data set', 'modality', 'recordings', 'subjects', 'length', 'channels', 'Hz', 'gaps'];

export function manifestTable(entries: readonly ManifestEntry[]): string[] {
  const groups = groupBy(entries, ({ dataset, modality }) => JSON.stringify([dataset, modality]));
  return table(
    HEADINGS,
    [...groups.values()].map((members) => [
      members[0]?.dataset ?? '',
      members[0]?.modality ?? 'unknown',
      String(members.length),
      subjectsOf(members),
      showDuration(sum(members, ({ seconds }) => seconds)),
      range(members.map(({ channels }) => channels?.length ?? 0)),
      range(members.map(({ rate }) => rate ?? 0)),
      String(sum(members, ({ gaps }) => gaps)),
    ]),
  );
}

function subjectsOf(members: readonly ManifestEntry[]): string {
  const subjects = new Set(members.flatMap(({ subject }) => (subject === undefined ? [] : [subject])));
  const without = members.filter(({ subject }) => subject === undefined).length;
  if (subjects.size === 0) return 'unknown';
  return without > 0 ? `${subjects.size} and ${without} unknown` : String(subjects.size);
}

function sum(members: readonly ManifestEntry[], of: (entry: ManifestEntry) => number | undefined): number {
  return members.reduce((total, entry) => total + (of(entry) ?? 0), 0);
}

/** `8`, or `1-12`. */
function range(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const show = (value: number) => String(Number(value.toPrecision(5)));
  return low === high ? show(low) : `${show(low)}-${show(high)}`;
}

const MOST = 10;

/** How modalities were found, and each note and left-out channel once, with the recordings that it is about. */
export function noteRows(entries: readonly ManifestEntry[]): Row[] {
  const said = (of: (entry: ManifestEntry) => readonly string[]) =>
    entries.flatMap((entry) => of(entry).map((text) => ({ text, path: entry.path })));
  const evidence = said(({ modality, because }) => (modality ? [`${modality}: ${because}`] : []));
  const notes = said(({ notes = [] }) => notes);
  const leftOut = said(({ leftOut = [] }) => leftOut.map(({ label, reason }) => `"${label}" ${reason}`));
  return [...grouped('evidence', evidence), ...grouped('left out', leftOut), ...grouped('note', notes)];
}

function grouped(label: string, said: readonly { readonly text: string; readonly path: string }[]): Row[] {
  const rows = [...groupBy(said, ({ text }) => text)]
    .sort((a, b) => b[1].length - a[1].length)
    .map(([text, members]): Row => {
      const paths = [...new Set(members.map(({ path }) => path))];
      return [label, `${text} (${fewFiles(paths)})`];
    });
  const rest = rows.length - MOST;
  return rest > 0 ? [...rows.slice(0, MOST), [label, `and ${rest} more, in the manifest`]] : rows;
}
