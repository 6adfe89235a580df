import { describe, expect, it } from 'vitest';
import type { TableRow } from '../../workflows/labelled/outcome.ts';
import { type Caution, cautionInWords, verdict, verdicts } from '../../workflows/labelled/verdict.ts';

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
      'In 621 of 1,000 resamples of test subjects a class has no window: these are undefined, and are left out of the intervals.',
    );
    expect(said({ resampled, classes: 3 })).toContain(
      'a class has no window: means there are over the other classes',
    );
  });
});

describe('verdict', () => {
  const row = (name: string, auroc: number, low = 0.1, more: Partial<TableRow> = {}): TableRow =>
    ({
      ...{ name, seeds: [{ auroc }] },
      intervals: { auroc: { low: 0.5, high: 0.9 } },
      behind: { mean: 0.2, low, high: 1 },
      ...more,
    }) as unknown as TableRow;
  const said = (rows: readonly TableRow[], noun: 'subject' | 'recording' = 'subject') =>
    verdict({ title: 'Test windows', rows }, noun);

  it('says what is beaten, by what is in the table', () => {
    const rows = [row('SPOTR, a', 0.8), row('SPOTR, b', 0.9), row('c', 0.7), row('d', 0.7, -0.1)];
    expect(said(rows, 'recording')).toEqual([
      '"SPOTR, a" is ahead of every baseline.',
      'Its lead over these is within the uncertainty over recordings: d.',
    ]);
    expect(said([...rows, row('e', 0.8)])[0]).toBe('"SPOTR, a" does not beat: e.');
    // Of nothing beside it there is nothing to be ahead of; of what is not defined neither.
    expect(said(rows.slice(0, 2))).toEqual([]);
    expect(said([row('SPOTR, a', Number.NaN), row('c', 0.7)])).toEqual([
      'AUROC is not defined on these test windows.',
    ]);
  });

  it('answers with intervals whether the token beats a random encoder and the handcrafted features', () => {
    const of = (id: string, low: number, high: number) => {
      const behind = { mean: (low + high) / 2, low, high };
      return said([row('SPOTR, a', 0.8), row(`the ${id}`, 0.7, low, { id, behind })]).join(' ');
    };
    expect(of('random', 0.01, 0.03)).toContain(
      '"SPOTR, a" is ahead of "the random" by 0.020 (0.010 to 0.030).',
    );
    expect(of('handcrafted', -0.03, -0.01)).toContain(
      'is behind "the handcrafted" by -0.020 (-0.030 to -0.010).',
    );
    expect(of('handcrafted', 0, 0.02)).toContain(
      'not distinguishable from "the handcrafted": 0.010 (0.000 to 0.020).',
    );
    expect(of('random', Number.NaN, Number.NaN)).not.toContain('Difference');
    expect(of('raw', 0.01, 0.03)).not.toContain('Difference');
  });

  it('says that the token adds to a row only where the interval lies above zero', () => {
    const of = (low: number, high: number) => {
      const added = { to: 'handcrafted', mean: (low + high) / 2, low, high };
      return said([row('SPOTR, a', 0.8), row('both and SPOTR', 0.9, 0.1, { added })]).join(' ');
    };
    expect(of(0.01, 0.03)).toBe('The token adds to "handcrafted": AUROC changes by 0.020 (0.010 to 0.030).');
    expect(of(-0.03, -0.01)).toMatch(/^The token lowers "handcrafted"/);
    for (const low of [0, -0.01])
      expect(of(low, 0.03)).toMatch(
        /^The token adds nothing to "handcrafted" beyond the uncertainty over subjects:/,
      );
    expect(of(Number.NaN, Number.NaN)).toBe('"both and SPOTR" less "handcrafted": NaN, without an interval.');
  });

  it('says of each probe whether all of its seeds have converged', () => {
    const of = (convergedAt: number[]) => said([row('SPOTR, a', 0.8, 0.1, { convergedAt })]).join(' ');
    expect(of([80, 120])).toBe('"SPOTR, a" has converged in all 2 seeds, at epoch 80 to 120.');
    expect(of([80])).toBe('"SPOTR, a" has converged in its one seed, at epoch 80.');
    expect(of([80, Number.NaN])).toBe(
      '"SPOTR, a" has not converged in 1 of 2 seeds: its numbers are of heads that were still being trained.',
    );
  });

  it('calls tables by their titles where there are several', () => {
    const rows = [row('SPOTR, a', 0.8), row('c', 0.7)];
    const [windows, recordings] = ['Test windows', 'Test recordings'].map((title) => ({ title, rows }));
    if (!windows || !recordings) throw new Error('no tables');
    expect(verdicts([windows], 'subject')).toEqual(verdict(windows, 'subject'));
    expect(verdicts([windows, recordings], 'subject')).toEqual([
      'Test windows: "SPOTR, a" is ahead of every baseline.',
      'Test recordings: "SPOTR, a" is ahead of every baseline.',
    ]);
  });
});
