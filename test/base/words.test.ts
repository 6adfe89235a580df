import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeValue } from '../../base/describe-value.ts';
import { firstNames } from '../../base/first-names.ts';
import { quote, quoteValue } from '../../base/quote.ts';
import { withoutEnding } from '../../base/without-ending.ts';

describe('words of messages', () => {
  it('name the first of some names, and how many more there are', () => {
    expect(firstNames([], 2)).toBe('');
    expect(firstNames(['a', 'b'], 2)).toBe('a, b');
    expect(firstNames(['a', 'b', 'c'], 2)).toBe('a, b and 1 more');
    expect(firstNames(Array(1300).fill('a'), 1, '; ')).toBe('a and 1,299 more');
    expect(firstNames(['a', 'b', 'c'], 2, ' against ')).toBe('a against b and 1 more');
  });

  it('quote any text and value so that nothing in it is obeyed or goes on, and JSON reads it back where it is short', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there.
    const obeyed = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/u;
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({
        unit: fc.constantFrom('\u001b', '\u009b', '\u202e', '\u061c', '\u2028', '\ud800', 'a'),
        maxLength: 60,
      }),
    );
    fc.assert(
      fc.property(texts, fc.jsonValue(), (text, value) => {
        for (const quoted of [quote(text), quoteValue(value), quoteValue({ [text]: [text] })]) {
          expect(quoted).not.toMatch(obeyed);
          expect(quoted.length).toBeLessThanOrEqual(6 * 123 + 2);
        }
        if (text.length <= 120) expect(JSON.parse(quote(text))).toBe(text);
        expect(quoteValue(text)).toBe(quote(text));
      }),
      { seed: 45 },
    );
  });

  it('cut what is long, and do not write out what is nested deep', () => {
    expect(quote('a'.repeat(120))).toBe(`"${'a'.repeat(120)}"`);
    expect(quote('a'.repeat(121))).toBe(`"${'a'.repeat(120)}..."`);
    expect(quoteValue(Array(100).fill(1))).toBe(`[${'1,'.repeat(100).slice(0, 119)}...`);
    expect(quoteValue([[[[1]]]])).toBe('[[[[1]]]]');
    expect(quoteValue([[[[[1]]]]])).toBe('something nested');
    expect(quoteValue(undefined)).toBe('missing');
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(quoteValue({ deep })).toBe('something nested');
  });

  it('say what an argument is', () => {
    const told = [undefined, null, [1, 2], 'a\u001b', new Float32Array(1), () => 1, 3, 3n, true].map(
      describeValue,
    );
    expect(told).toEqual([
      ...[
        'missing (undefined)',
        'null',
        'a list of 2',
        'the text "a\\u001b"',
        'a Float32Array',
        'a function',
      ],
      ...['the number 3', 'the bigint 3', 'the boolean true'],
    ]);
    expect(describeValue(Object.create(null))).toBe('a plain object');
  });

  it('leave out the ending of a name, and no dot of a folder', () => {
    expect(['a/b.edf', 'a.b/c', 'a.tar.gz', 'a'].map(withoutEnding)).toEqual(['a/b', 'a.b/c', 'a.tar', 'a']);
  });
});
