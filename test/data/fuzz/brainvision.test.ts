import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openFile } from '../../../data/open.ts';
import { type BrainVisionSpec, brainVisionFiles } from '../writers.ts';
import { CountedFiles, cases, damage, damaged, lies, readSome } from './harness.ts';

const wave = Array.from({ length: 30 }, (_, i) => Math.round(300 * Math.sin(i / 5)));
const spec: BrainVisionSpec = {
  name: 'damaged',
  signals: [wave, wave],
  common: ['DataPoints=30', 'SegmentationType=MARKERBASED', 'SegmentDataPoints=10'],
  binary: ['DataOffset=0'],
  markers: [
    'Mk1=New Segment,,1,1,0,20240229235959500000',
    'Mk2=Stimulus,S1,11,1,0',
    'Mk3=New Segment,,21,1,0',
  ],
};

const FILES = [false, true].map((vectorized) => {
  const files = brainVisionFiles({ ...spec, vectorized });
  const bytes = Object.entries(files).map(([name, content]): [string, Uint8Array] => [
    name,
    typeof content === 'string' ? new TextEncoder().encode(content) : Uint8Array.from(content),
  ]);
  return [vectorized ? 'VECTORIZED' : 'MULTIPLEXED', Object.fromEntries(bytes)] as const;
});

const attempt = (files: Readonly<Record<string, Uint8Array>>) => {
  const counted = new CountedFiles(files);
  return counted.attempt(async (entries) => {
    const entry = entries.find(({ path }) => path === 'damaged.vhdr');
    if (!entry) throw new Error('no header');
    const recording = await openFile(entry, entries);
    const asked = counted.asked;
    await readSome(recording);
    counted.asked = asked;
    return recording;
  });
};

describe.each(FILES)('damaged BrainVision recordings, %s', (orientation, files) => {
  it('are refused in a sentence or read', async () => {
    const name = fc.constantFrom('damaged.vhdr', 'damaged.vmrk');
    await fc.assert(
      fc.asyncProperty(
        name.chain((file) => {
          const bytes = files[file] as Uint8Array;
          const text = new TextDecoder().decode(bytes);
          const change = fc.oneof(
            damage(bytes.length).map((how) => damaged(bytes, how)),
            lies(text).map((lied) => new TextEncoder().encode(lied)),
          );
          return fc.tuple(fc.constant(file), change);
        }),
        async ([file, bytes]) => {
          await attempt({ ...files, [file]: bytes });
        },
      ),
      { numRuns: cases(700), seed: 20 },
    );
  });

  it('keep the samples that are intact', async () => {
    const bytes = files['damaged.eeg'] as Uint8Array;
    await fc.assert(
      fc.asyncProperty(damage(bytes.length), async ({ edits, length }) => {
        const recording = await attempt({ ...files, 'damaged.eeg': damaged(bytes, { edits, length }) });
        const isThere = length >= (orientation === 'VECTORIZED' ? 60 : 4);
        expect(recording !== undefined).toBe(isThere);
        if (!recording) return;
        const count = recording.channels[0]?.length ?? 0;
        const [found] = (await recording.read([0], 0, count)) as [Float64Array];
        const wrong = found.findIndex((value, i) => {
          const place = orientation === 'VECTORIZED' ? i : 2 * i;
          return value !== (wave[i] as number) / 2 && !edits.some(([at]) => at >> 1 === place);
        });
        expect(wrong).toBe(-1);
      }),
      { numRuns: cases(200), seed: 21 },
    );
  });
});
