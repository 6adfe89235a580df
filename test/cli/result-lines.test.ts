import { describe, expect, it } from 'vitest';
import { encodeResult, type Result } from '../../cli/common/labelled/result-file.ts';
import { numbersBack } from '../../evaluate/index.ts';

describe('the lines of result.json', () => {
  const text = (tables: unknown, more: Partial<Result> = {}) =>
    encodeResult({ verb: 'probe', tables, ...more } as unknown as Result);

  it('has a list of numbers in one line, and nothing else changed', () => {
    const numbers = [0.5, -1, 2.5e-7, -3e21, Number.NaN, 0];
    const written = text([
      {
        title: 'T',
        drawn: numbers,
        mixed: [1, 'a', -2],
        pairs: [
          [0, 1],
          [-1, 0],
        ],
        none: [],
      },
    ]);
    expect(written).toContain('"drawn": [0.5,-1,2.5e-7,-3e+21,null,0],\n');
    expect(written).toContain('"mixed": [\n    1,\n    "a",\n    -2\n   ]');
    expect(written).toContain('"pairs": [\n    [0,1],\n    [-1,0]\n   ]');
    expect(JSON.parse(written, numbersBack).tables[0]).toEqual({
      ...{ title: 'T', drawn: numbers, mixed: [1, 'a', -2] },
      ...{
        pairs: [
          [0, 1],
          [-1, 0],
        ],
        none: [],
      },
    });
  });

  it('leaves strings as they are, whatever stands in them', () => {
    const names = ['a [\n 1,\n 2\n] b', '[ 1, 2 ]', '"[\n1\n]"', '\u2028[\u2028 1\u2028]'];
    expect(JSON.parse(text([], { classes: names })).classes).toEqual(names);
  });

  it('takes no time over a long list that is none of numbers', () => {
    const long = [...Array.from({ length: 3000 }, (_, i) => -i), 'end'];
    expect(JSON.parse(text(long)).tables).toEqual(long.map((one) => (Object.is(one, -0) ? 0 : one)));
  });
});
