/** What files of embeddings hold, for people. */
import { nearPaths, plural, type Row, showCount } from '../text.ts';
import type { Embeddings, FieldName } from './read.ts';

export const distinct = (values: Embeddings['fields'][FieldName]) =>
  new Set(values.filter((value) => value !== undefined)).size;

const MAX_NAMED = 6;

export function summaryOf({ count, dim, files, fields }: Embeddings): Row[] {
  const counted = (['label', 'modality', 'dataset', 'split'] as const).flatMap((name): Row[] => {
    const counts = new Map<string, number>();
    let unstated = 0;
    for (const value of fields[name])
      if (value === undefined) unstated++;
      else counts.set(value, (counts.get(value) ?? 0) + 1);
    if (counts.size === 0) return [];
    const ranked = [...counts].sort((a, b) => b[1] - a[1]);
    const rest = ranked.length - MAX_NAMED;
    const parts = [
      ...ranked.slice(0, MAX_NAMED).map(([value, number]) => `${showCount(number)} ${value}`),
      ...(rest > 0 ? [`${rest} more`] : []),
      ...(unstated > 0 ? [`${showCount(unstated)} not stated`] : []),
    ];
    return [[`${name}s`.replace('ys', 'ies'), parts.join(', ')]];
  });
  const subjects = distinct(fields.subject);
  return [
    ['windows', `${plural(count, 'window')} of ${dim} values, from ${plural(files.length, 'file')}`],
    ['recordings', showCount(distinct(fields.recording))],
    ['subjects', subjects > 0 ? showCount(subjects) : 'not stated'],
    ...counted,
  ];
}

/** What the files say of how they were made. */
export function toldBy({ metadata, files }: Embeddings): Row[] {
  const facts = ['weights', 'encoder', 'settings', 'notice'].flatMap((name): Row[] => {
    const values = metadata.get(`spotr.${name}`);
    return values ? [[name, values.join('; ')]] : [];
  });
  return [['files', files.map(nearPaths).join(', ')], ...facts];
}
