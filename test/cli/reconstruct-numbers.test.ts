import { expect, it } from 'vitest';
import { bandTable, decimal } from '../../cli/reconstruct/tables.ts';

it('what rounds to zero has no sign, and what is not a number is a dash', () => {
  expect([-0.0001, -0, 0.0004, -0.0006, Number.NaN].map(decimal)).toEqual([
    '0.000',
    '0.000',
    '0.000',
    '-0.001',
    '-',
  ]);
});

it('of a band that holds next to nothing of the power no part comes back', () => {
  const bands = [0.6, 0.0006, 0.0004, 0].map((share) => ({
    band: { low: 4, high: 8 },
    share,
    returned: -2004.415,
  }));
  const table = bandTable({ all: { bands } } as unknown as Parameters<typeof bandTable>[0]);
  expect(table.rows.map(([, share, part]) => [share, part])).toEqual([
    ['60.0 %', '-200441.5 %'],
    ['0.1 %', '-200441.5 %'],
    ['0.0 %', '-'],
    ['0.0 %', '-'],
  ]);
});
