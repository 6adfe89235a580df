/** What files of embeddings hold, for people. */
import { nearPaths, plural, type Row, showCount } from '../text.ts';
import type { Embeddings, FieldName } from './read.ts';

export const distinct = (values: Embeddings['fields'][FieldName]) =>
  new Set(values.filter((value) => value !== undefined)).size;

const MOST_NAMED = 6;

export function summaryOf({ count, dim, files, fields }: Embeddings): Row[] {
  const counted = (['label', 'modality', 'dataset', 'split'] as const).flatMap((name): Row[] => {
    const counts = new Map<string, number>();
    for (const value of fields[name])
      if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
    if (counts.size === 0) return [];
    const ranked = [...counts].sort((a, b) => b[1] - a[1]);
    const named = ranked.slice(0, MOST_NAMED).map(([value, number]) => `${showCount(number)} ${value}`);
    const rest = ranked.length - named.length;
    return [[`${name}s`.replace('ys', 'ies'), named.join(', ') + (rest > 0 ? `, and ${rest} more` : '')]];
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
  const told = ['weights', 'encoder', 'settings', 'notice'].flatMap((name): Row[] => {
    const values = metadata.get(`spotr.${name}`);
    return values ? [[name, values.join('; ')]] : [];
  });
  return [['files', files.map(nearPaths).join(', ')], ...told];
}
