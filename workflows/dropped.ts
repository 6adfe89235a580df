/** Windows that are not used, by reason, in words. */
import type { Dropped } from '../data/index.ts';
import { plural } from './words.ts';

const REASONS: Readonly<Record<keyof Dropped, readonly [one: string, several: string]>> = {
  missing: ['window with missing samples', 'windows with missing samples'],
  impossible: ['window with impossible values', 'windows with impossible values'],
  flat: ['flat window', 'flat windows'],
  clipped: ['clipped window', 'clipped windows'],
  shortStretches: ['segment shorter than a window', 'segments shorter than a window'],
};

/** `3 flat windows, 1 segment shorter than a window`; undefined where nothing was dropped. */
export function droppedInWords(dropped: Dropped): string | undefined {
  const counts = Object.entries(REASONS).flatMap(([reason, [one, several]]) => {
    const count = dropped[reason as keyof Dropped];
    return count > 0 ? [plural(count, one, several)] : [];
  });
  return counts.length > 0 ? counts.join(', ') : undefined;
}
