import fc from 'fast-check';
import { describe, it } from 'vitest';
import { openCsv } from '../../../data/formats/text/csv.ts';
import { CountedFiles, cases, damage, damaged, readSome } from './harness.ts';

const csv = new TextEncoder().encode('time,ECG\n0,1\n0.01,2\n0.02,4\n0.03,3\n');

describe('damaged text', () => {
  it('is refused in a sentence or read', async () => {
    await fc.assert(
      fc.asyncProperty(damage(csv.length), async (how) => {
        const bytes = damaged(csv, how);
        const files = new CountedFiles({ 'damaged.csv': bytes });
        await files.attempt(async () => readSome(await openCsv(files.source('damaged.csv', bytes))));
      }),
      { numRuns: cases(400), seed: 14 },
    );
  });
});
