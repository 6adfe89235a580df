/** Windows that are not used, by reason, in words. */
import type { Dropped } from '../data/index.ts';
import { plural } from './words.ts';

const REASONS: Readonly<Record<keyof Dropped, readonly [one: string, several: string]>> = {
  missing: ['window with missing samples', 'windows with missing samples'],
  impossible: ['window with impossible values', 'windows with impossible values'],
  flat: ['flat window', 'flat windows'],
  clipped: ['clipped window', 'clipped windows'],
  shortStretches: ['stretch shorter than a window', 'stretches shorter than a window'],
};

/** `3 flat windows, 1 stretch shorter than a window`; undefined where nothing was dropped. */
export function droppedInWords(dropped: Dropped): string | undefined {
  const told = Object.entries(REASONS).flatMap(([reason, [one, several]]) => {
    const count = dropped[reason as keyof Dropped];
    return count > 0 ? [plural(count, one, several)] : [];
  });
  return told.length > 0 ? told.join(', ') : undefined;
}
