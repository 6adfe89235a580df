/** Which recordings a table of labels means. */

import { firstNames } from '../../base/first-names.ts';
import { groupBy, type LabelRow, SignalError } from '../../data/index.ts';

/** Names that a sentence lists. */
const MOST_NAMED = 3;

const baseOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
/** The first few of some names, and how many more there are. */
export const few = (names: readonly string[]) => firstNames(names, MOST_NAMED);

export interface MatchedFiles<T> {
  /** The rows of each recording that the table names. */
  readonly byPlace: ReadonlyMap<T, readonly LabelRow[]>;
  /** Files that it names and that are not there. */
  readonly missing: readonly string[];
}

/**
 * The rows of each recording: by its path, by the end of it, or by its file's name where one alone is called so.
 * @throws SignalError where a name means several recordings, and where none is meant.
 */
export function matchFiles<T extends { readonly name: string }>(
  places: readonly T[],
  rows: readonly LabelRow[],
  file: string,
): MatchedFiles<T> {
  const byPlace = new Map<T, LabelRow[]>();
  const missing: string[] = [];
  // Letters with accents are one character or two, as the system that wrote the name has it.
  const named = places.map((place) => ({ place, name: place.name.normalize() }));
  for (const [given, own] of groupBy(rows, (row) => row.file)) {
    const name = given.normalize();
    const isPartOf = (long: string, short: string) => long.endsWith(`/${short}`);
    const ways: ((one: { readonly name: string }) => boolean)[] = [
      (one) => one.name === name,
      (one) => isPartOf(one.name, name) || isPartOf(name, one.name),
      (one) => baseOf(one.name) === baseOf(name),
    ];
    const found = ways.map((way) => named.filter(way)).find(({ length }) => length > 0) ?? [];
    if (found.length > 1)
      throw new SignalError(
        `${file}: "${given}" may be ${few(found.map(({ place }) => place.name))}; write the folder with it in the column "file".`,
      );
    const place = found[0]?.place;
    if (place) byPlace.set(place, [...(byPlace.get(place) ?? []), ...own]);
    else missing.push(given);
  }
  if (byPlace.size > 0) return { byPlace, missing };
  throw new SignalError(
    `${file}: labels ${few(missing)}, but the recordings are called ${few(places.map(({ name }) => name))}; name them in the column "file".`,
  );
}
