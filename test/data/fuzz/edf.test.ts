import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../base/bytes.ts';
import { openAnnotations } from '../../../data/annotations.ts';
import { SignalError } from '../../../data/errors.ts';
import { openEdf } from '../../../data/formats/edf/edf.ts';
import { edfBytes } from '../writers.ts';
import { CountedFiles, cases, damage, damaged, lie, readSome } from './harness.ts';

const values = Array.from({ length: 60 }, (_, i) => 100 * i - 3000);
const spec = {
  records: 4,
  signals: [
    { label: 'EEG Cz', unit: 'uV', perRecord: 15, values },
    { label: 'Resp', unit: 'mV', perRecord: 5, values },
  ],
};
const tals = [{ onset: 0 }, { onset: 1, texts: ['a'] }, { onset: 7, texts: ['b'] }, { onset: 8 }];
const FILES: [string, Uint8Array][] = [
  ['EDF', edfBytes(spec)],
  ['EDF+D', edfBytes({ ...spec, reserved: 'EDF+D', tals })],
  ['BDF+C', edfBytes({ ...spec, bdf: true, reserved: 'BDF+C', tals })],
];

/** Places and widths of the numbers in the header of a file. */
function numbersIn(bytes: Uint8Array): [number, number][] {
  const signals = Number(new TextDecoder('latin1').decode(bytes.subarray(252, 256)));
  const columns = [
    [104, 8],
    [112, 8],
    [120, 8],
    [128, 8],
    [216, 8],
  ] as const;
  const perSignal = columns.flatMap(([before, width]) =>
    Array.from({ length: signals }, (_, i): [number, number] => [256 + before * signals + i * width, width]),
  );
  return [[184, 8], [236, 8], [244, 8], [252, 4], ...perSignal];
}

const attempt = (bytes: Uint8Array) => {
  const files = new CountedFiles({ 'damaged.edf': bytes });
  return files.attempt(async ([entry]) => {
    const recording = await openEdf(files.source('damaged.edf', bytes));
    // What has been asked for so far is held to the limit; reading on is not opening.
    const asked = files.asked;
    await readSome(recording, Number.isFinite);
    if (entry) await openAnnotations(entry, []);
    files.asked = asked;
    return recording;
  });
};

describe.each(FILES)('damaged %s', (_, bytes) => {
  it('is refused in a sentence or read', async () => {
    await fc.assert(
      fc.asyncProperty(damage(bytes.length), async (how) => {
        await attempt(damaged(bytes, how));
      }),
      { numRuns: cases(300), seed: 12 },
    );
  });

  it('may lie in every number of its header', async () => {
    const numbers = numbersIn(bytes);
    const field = fc.tuple(fc.nat(numbers.length - 1), lie);
    await fc.assert(
      fc.asyncProperty(fc.array(field, { minLength: 1, maxLength: 3 }), async (chosen) => {
        const copy = bytes.slice();
        for (const [index, text] of chosen) {
          const [place, width] = numbers[index] as [number, number];
          copy.set(new TextEncoder().encode(text.slice(0, width).padEnd(width)), place);
        }
        await attempt(copy);
      }),
      { numRuns: cases(300), seed: 15 },
    );
  });

  it('keeps the samples that are intact', async () => {
    const dataOffset = 256 * (1 + Number(new TextDecoder('latin1').decode(bytes.subarray(252, 256))));
    const whole = await openEdf(memorySource('whole', bytes));
    const [wanted] = (await whole.read([0], 0, 60)) as [Float64Array];
    const recordBytes = (bytes.length - dataOffset) / 4;
    const width = bytes[0] === 255 ? 3 : 2;
    await fc.assert(
      fc.asyncProperty(damage(bytes.length, dataOffset), async ({ edits, length }) => {
        const recording = await attempt(damaged(bytes, { edits, length }));
        const records = Math.floor((length - dataOffset) / recordBytes);
        expect(recording?.channels[0]?.length).toBe(records === 0 ? undefined : records * 15);
        if (!recording) return;
        const [found] = (await recording.read([0], 0, records * 15)) as [Float64Array];
        const wrong = found.findIndex((value, i) => {
          const at = dataOffset + Math.floor(i / 15) * recordBytes + (i % 15) * width;
          const isHit = edits.some(([place]) => place >= at && place < at + width);
          return !isHit && value !== wanted[i];
        });
        expect(wrong).toBe(-1);
      }),
      { numRuns: cases(150), seed: 16 },
    );
  });
});

/** What stands in the fields of a patient. */
// In letters that no sentence of ours has side by side.
const MARKERS = ['Zxqvjw_Qkzxyv', '17-JQX-1931', '17.01.31', 'MRN/4711x', 'Dr_Hqzvx-Wkqj'];
/** Their pieces of three letters, and longer ones of digits alone, which other numbers are not by chance. */
const PIECES = MARKERS.flatMap((marker) =>
  Array.from(marker, (_, at) => [marker.slice(at, at + 3), marker.slice(at, at + 4)])
    .flat()
    .filter((piece) => piece.length > (/^\d+$/.test(piece) ? 3 : 2)),
);

describe('an EDF header whose bytes have moved', () => {
  const [name, birth, short, code, doctor] = MARKERS as [string, string, string, string, string];
  const fillings = [
    [`${code} M ${birth} ${name}`, `Startdate 02-MAR-2021 ${doctor} ${name} X`],
    [`${name} ${short} `.repeat(9), `${short} ${doctor} ${birth} `.repeat(9)],
    // Fields of eight letters that look like numbers and dates, wherever they land.
    [`${short}`.repeat(10), `${short}`.repeat(10)],
  ] as const;

  it.each(fillings)('shows nothing of its patient (%s)', async (patient, recording) => {
    for (const bdf of [false, true]) {
      const field = (text: string) => text.slice(0, 80);
      const bytes = edfBytes({ ...spec, bdf, patient: field(patient), recording: field(recording) });
      for (let by = 1; by <= 256; by++) {
        for (const at of [0, 8, 88, 168]) {
          for (const filler of [32, 48, 0]) {
            const inserted = new Uint8Array(bytes.length + by).fill(filler);
            inserted.set(bytes.subarray(0, at));
            inserted.set(bytes.subarray(at), at + by);
            const removed = new Uint8Array(bytes.length - by);
            removed.set(bytes.subarray(0, at));
            removed.set(bytes.subarray(at + by), at);
            for (const moved of [inserted, removed]) {
              const said = await whatIsSaid(moved);
              expect(
                PIECES.filter((piece) => said.includes(piece)),
                `${by} bytes at ${at}: ${said}`,
              ).toEqual([]);
            }
          }
        }
      }
    }
  });

  /** What is printed or stored of a file: its error, or all of its recording but what `patient` gives. */
  async function whatIsSaid(bytes: Uint8Array): Promise<string> {
    try {
      const { startTime: _, ...recording } = await openEdf(memorySource('moved.edf', bytes));
      return JSON.stringify(recording);
    } catch (error) {
      if (!(error instanceof SignalError)) throw error;
      return JSON.stringify([error.message, error]);
    }
  }
});
