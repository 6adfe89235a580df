import { describe, expect, it } from 'vitest';
import { FormatError, SignalError, UnfitRecording, whyPassedOver } from '../../data/errors.ts';

describe('whyPassedOver', () => {
  it('is the sentence of what is wrong with the file, without its name, which stands beside it', () => {
    const damaged = new FormatError('d/a.edf', 'is odd.', 'Copy it again.', { byte: 7 });
    expect(whyPassedOver(damaged, 'd/a.edf')).toBe('byte 7: is odd. Copy it again.');
    expect(whyPassedOver(new FormatError('b.dat', 'is odd.', 'Mend it.'), 'a.hea')).toBe(
      'b.dat: is odd. Mend it.',
    );
    expect(whyPassedOver(new UnfitRecording('a.csv', 'no channel is left.'), 'a.csv')).toBe(
      'no channel is left.',
    );
  });

  it('is none of what would be wrong with every recording', () => {
    expect(whyPassedOver(new SignalError('A window of 0 s.'), 'a.csv')).toBeUndefined();
    expect(whyPassedOver(new RangeError('x'), 'a.csv')).toBeUndefined();
  });
});
