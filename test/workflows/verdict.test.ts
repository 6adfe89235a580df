import { describe, expect, it } from 'vitest';
import type { TableRow } from '../../workflows/labelled/outcome.ts';
import { type Caution, cautionInWords, verdict } from '../../workflows/labelled/verdict.ts';

const CAUTION: Caution = {
  tested: 9,
  noun: 'subject',
  resampled: { count: 1000, lacking: 0 },
  shown: true,
  classes: 2,
  many: false,
};
const said = (own: Partial<Caution>) => cautionInWords({ ...CAUTION, ...own }).join(' ');

describe('cautionInWords', () => {
  it('counts the test subjects that intervals come from, and warns of fewer than five', () => {
    expect([2, 4].map((tested) => /from (.*) only/.exec(said({ tested }))?.[1])).toEqual([
      '2 test subjects',
      '4 test subjects',
    ]);
    expect(said({ tested: 5 })).toBe('');
    expect(said({ tested: 3, noun: 'recording' })).toContain('3 test recordings only');
    expect(said({ tested: 3, noun: 'subject or recording' })).toContain('3 test subjects or recordings only');
  });

  it('says that one subject gives no interval, and that resamples lack a class', () => {
    expect(said({ tested: 1, shown: false })).toBe(
      'There are no intervals: there is 1 test subject, and intervals are over resamples of several.',
    );
    const resampled = { count: 1000, lacking: 621 };
    expect(said({ resampled, shown: false })).toBe(
      'There are no intervals: in 621 of 1,000 resamples of the 9 test subjects a class has no window. There are too few test subjects of each class.',
    );
    expect(said({ resampled })).toBe(
      'In 621 of 1,000 resamples of test subjects a class has no window: these tell nothing, and are left out of the intervals.',
    );
    expect(said({ resampled, classes: 3 })).toContain(
      'a class has no window: means there are over the others',
    );
  });
});

describe('verdict', () => {
  const row = (name: string, auroc: number, low = 0.1): TableRow =>
    ({
      name,
      seeds: [{ auroc }],
      intervals: { auroc: { low: 0.5, high: 0.9 } },
      behind: { mean: 0, low, high: 1 },
    }) as unknown as TableRow;

  it('says what is beaten, by what is in the table', () => {
    const rows = [row('SPOTR, a', 0.8), row('SPOTR, b', 0.9), row('c', 0.7), row('d', 0.7, -0.1)];
    expect(verdict({ rows }, 'recording')).toEqual([
      '"SPOTR, a" is ahead of everything beside it.',
      'It is ahead of these by less than what other recordings might change: d.',
    ]);
    expect(verdict({ rows: [...rows, row('e', 0.8)] }, 'subject')[0]).toBe('"SPOTR, a" does not beat: e.');
    // Of nothing beside it there is nothing to be ahead of; of what is not defined neither.
    expect(verdict({ rows: rows.slice(0, 2) }, 'subject')).toEqual([]);
    expect(verdict({ rows: [row('SPOTR, a', Number.NaN), row('c', 0.7)] }, 'subject')).toEqual([
      'AUROC is not defined on these test windows.',
    ]);
  });
});
