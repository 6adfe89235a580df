/** Labels as the page kept them before they held for stretches: by hand for windows of one length, and of tables in seconds. */
import type { LabelledStretch, LabelRow } from '../../data/index.ts';
import type { LabelPlace, OwnLabels } from './labels.ts';

export interface FormerLabels {
  /** By recording and start, with a line's end between them. */
  readonly labels?: readonly (readonly [key: string, label: string | null])[];
  readonly stretches?: readonly (readonly [name: string, stretches: readonly LabelledStretch[]])[];
}

/** The same labels as they are kept now. `seconds`: of the windows. */
export function fromFormer(
  { labels = [], stretches = [] }: FormerLabels,
  seconds: number,
  places: readonly LabelPlace[],
): OwnLabels[] {
  return places.flatMap((place) => {
    const hand = labels.flatMap(([key, label]) => {
      const [name, start] = [
        key.slice(0, key.lastIndexOf('\n')),
        Number(key.slice(key.lastIndexOf('\n') + 1)),
      ];
      return name === place.name ? [{ start, seconds, label }] : [];
    });
    const rows = stretches.flatMap(([name, own]) =>
      name === place.name
        ? own.map(
            ({ start, seconds: length, label }): LabelRow => ({
              file: name,
              unit: 'seconds',
              start,
              length,
              label,
            }),
          )
        : [],
    );
    if (hand.length === 0 && rows.length === 0) return [];
    hand.sort((a, b) => a.start - b.start);
    return [{ ...place, hand, table: rows.length > 0 ? { file: 'a table', rows } : null }];
  });
}
