import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAnnotations } from '../../../data/annotations.ts';
import { openEdf } from '../../../data/formats/edf/edf.ts';
import { memorySource } from '../../../data/source/bytes.ts';
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
