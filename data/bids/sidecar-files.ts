/** Contents of the small files that describe a recording. What cannot be read is said in a note and left out. */
import { SignalError } from '../errors.ts';
import type { FileEntry } from '../formats/format.ts';
import { decodeText } from '../source/text.ts';

const MAXIMUM_BYTES = 1 << 26;

/** The fields of several files, those of later ones winning. */
export async function readJson(
  entries: readonly FileEntry[],
  notes: string[],
): Promise<Record<string, unknown>> {
  let merged: Record<string, unknown> = {};
  for (const entry of entries) {
    const text = await textOf(entry, notes);
    if (text === undefined) continue;
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SyntaxError();
      merged = { ...merged, ...value };
    } catch {
      notes.push(`${nameOf(entry)} is not a JSON object; it is left out`);
    }
  }
  return merged;
}

/** The rows of a table by the names of its columns, in lower case; "n/a" is left out. */
export async function readTsv(
  entry: FileEntry | undefined,
  needed: string,
  notes: string[],
): Promise<ReadonlyMap<string, string>[] | undefined> {
  const text = entry && (await textOf(entry, notes));
  if (!entry || text === undefined) return undefined;
  const [header, ...lines] = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const names = (header ?? '').split('\t').map((name) => name.trim().toLowerCase());
  if (!names.includes(needed)) {
    notes.push(`${nameOf(entry)} has no column "${needed}"; it is left out`);
    return undefined;
  }
  return lines.flatMap((line) => {
    if (line.trim() === '') return [];
    const fields = line.split('\t').map((field) => field.trim());
    const pairs = names.map((name, i) => [name, fields[i] ?? ''] as const);
    return [new Map(pairs.filter(([, field]) => field !== '' && !/^n\/a$/i.test(field)))];
  });
}

async function textOf(entry: FileEntry, notes: string[]): Promise<string | undefined> {
  try {
    const source = await entry.open();
    if (source.size > MAXIMUM_BYTES) throw new SignalError('too large');
    return decodeText(await source.read(0, source.size));
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    notes.push(`${nameOf(entry)} cannot be read; it is left out`);
    return undefined;
  }
}

export function nameOf({ path }: FileEntry): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
