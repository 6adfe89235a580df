import { expect, it } from 'vitest';
import { type Embeddings, FIELDS, type FieldName } from '../../cli/common/embeddings/read.ts';
import { summaryOf } from '../../cli/common/embeddings/summary.ts';

const rowOf = (name: string, fields: Partial<Record<FieldName, readonly (string | undefined)[]>>) => {
  const count = Math.max(...Object.values(fields).map(({ length }) => length));
  const none = Array.from({ length: count }, () => undefined);
  const all = Object.fromEntries(FIELDS.map((field) => [field, fields[field] ?? none]));
  const embeddings = { count, dim: 2, files: ['e.parquet'], fields: all } as unknown as Embeddings;
  return summaryOf(embeddings).find(([label]) => label === name)?.[1];
};

it('counts windows of which something is not stated beside the others, so that all are counted', () => {
  expect(rowOf('modalities', { modality: ['eeg', undefined, 'eeg', 'ppg', undefined, undefined] })).toBe(
    '2 eeg, 1 ppg, 3 not stated',
  );
  expect(rowOf('modalities', { modality: ['eeg', 'eeg'] })).toBe('2 eeg');
  expect(rowOf('modalities', { modality: [undefined], label: ['a'] })).toBeUndefined();
  const labels = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'h', undefined];
  expect(rowOf('labels', { label: labels })).toBe('2 h, 1 a, 1 b, 1 c, 1 d, 1 e, 2 more, 1 not stated');
});
