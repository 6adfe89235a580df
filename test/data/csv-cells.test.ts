import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellText, csvCell, csvRow } from '../../data/csv.ts';
import { readLabelTable } from '../../data/dataset/labels.ts';

describe('cells of CSV', () => {
  it.each([
    ['=1+1', `"'=1+1"`],
    ['+a', `"'+a"`],
    ['-a"b', `"'-a""b"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    [`'=1`, `"''=1"`],
    ['-1.5e3', '-1.5e3'],
    ['+7', '+7'],
    ["it's", "it's"],
    [`'quoted'`, `'quoted'`],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['plain', 'plain'],
    ['', ''],
  ])('%j is written as %s', (text, cell) => {
    expect(csvCell(text)).toBe(cell);
  });

  it('no cell begins as a formula, and our reader has the text again', () => {
    const text = fc
      .tuple(fc.constantFrom('', "'", "''", '=', '+', '-', '@', '"', '-1', "'="), fc.string())
      .map(([start, rest]) => `${start}${rest}`.replace(/\s+/g, ' ').trim())
      // What it holds must be there, and the header tells the delimiter.
      .filter((label) => label !== '');
    fc.assert(
      fc.property(text, (label) => {
        const cell = csvCell(label);
        const bare = cell.replace(/^"/, '');
        expect(/^[=@\t\r]/.test(bare) || (/^[+-]/.test(bare) && !Number.isFinite(Number(bare)))).toBe(false);
        const table = csvRow(['file', 'start', 'duration', 'label']) + csvRow(['a.edf', '0', '1', label]);
        expect(readLabelTable(table, 't.csv')[0]?.label).toBe(label);
      }),
      { numRuns: 500 },
    );
  });

  it('takes the apostrophe off that it put there, and no other', () => {
    expect(cellText(`'=1`)).toBe('=1');
    expect(cellText(`''=1`)).toBe(`'=1`);
    expect(cellText(`'s`)).toBe(`'s`);
  });
});
