import { expect, it } from 'vitest';
import { decimal } from '../../cli/reconstruct/tables.ts';

it('what rounds to zero has no sign, and what is no number is a dash', () => {
  expect([-0.0001, -0, 0.0004, -0.0006, Number.NaN].map(decimal)).toEqual([
    '0.000',
    '0.000',
    '0.000',
    '-0.001',
    '-',
  ]);
});
