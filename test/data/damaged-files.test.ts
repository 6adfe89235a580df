import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SignalError } from '../../data/errors.ts';
import { openEdf } from '../../data/formats/edf/edf.ts';
import { openCsv } from '../../data/formats/text/csv.ts';
import { openWfdb } from '../../data/formats/wfdb/wfdb.ts';
import type { Recording } from '../../data/recording.ts';
import { memorySource } from '../../data/source/bytes.ts';
import { edfBytes, fileSet, format16 } from './writers.ts';

const edf = edfBytes({
  records: 3,
  reserved: 'EDF+D',
  tals: [{ onset: 0 }, { onset: 1 }, { onset: 7 }],
  signals: [{ label: 'EEG Cz', unit: 'uV', perRecord: 5, values: Array.from({ length: 15 }, (_, i) => i) }],
});
const text = (content: string) => new TextEncoder().encode(content);
const header = text('r 2 250 4\nd 16 200(0)/mV 12 0 0 0 0 I\nd 16 200(0)/mV 12 0 0 0 0 II\n');
const csv = text('time,ECG\n0,1\n0.01,2\n0.02,4\n0.03,3\n');

/** Places and bytes to write there, and a length to cut to. */
const damage = (size: number) =>
  fc.record({
    edits: fc.array(
      fc.tuple(fc.nat(size - 1), fc.oneof(fc.constantFrom(32, 45, 46, 48, 57, 0), fc.nat(255))),
      {
        maxLength: 6,
      },
    ),
    length: fc.oneof(fc.constant(size), fc.nat(size)),
  });

function damaged(
  bytes: Uint8Array,
  { edits, length }: { edits: [number, number][]; length: number },
): Uint8Array {
  const copy = bytes.slice();
  for (const [place, value] of edits) copy[place] = value;
  return copy.subarray(0, length);
}

/** Opens and reads everything, or fails with a sentence of ours. */
async function readOrRefuse(open: () => Promise<Recording>): Promise<void> {
  try {
    const recording = await open();
    for (const [index, { length, rate }] of recording.channels.entries()) {
      expect(Number.isInteger(length) && rate > 0).toBe(true);
      const count = Math.min(length, 1000);
      const [values] = (await recording.read([index], length - count, count)) as [Float64Array];
      expect(values.length).toBe(count);
    }
  } catch (error) {
    expect(error).toBeInstanceOf(SignalError);
    expect((error as Error).message).toMatch(/^damaged/);
  }
}

describe('damaged files are read as far as they make sense, or refused in a sentence', () => {
  it('EDF', async () => {
    await fc.assert(
      fc.asyncProperty(damage(edf.length), (how) =>
        readOrRefuse(() => openEdf(memorySource('damaged.edf', damaged(edf, how)))),
      ),
      { numRuns: 400, seed: 12 },
    );
  });

  it('WFDB', async () => {
    const { find } = fileSet({ d: format16([1, 2, 3, 4, 5, 6, 7, 8]) });
    await fc.assert(
      fc.asyncProperty(damage(header.length), (how) =>
        readOrRefuse(() => openWfdb(memorySource('damaged.hea', damaged(header, how)), find)),
      ),
      { numRuns: 400, seed: 13 },
    );
  });

  it('text', async () => {
    await fc.assert(
      fc.asyncProperty(damage(csv.length), (how) =>
        readOrRefuse(() => openCsv(memorySource('damaged.csv', damaged(csv, how)))),
      ),
      { numRuns: 400, seed: 14 },
    );
  });
});
