import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAnnotations } from '../../../data/annotations.ts';
import { SignalError } from '../../../data/errors.ts';
import { openWfdb } from '../../../data/formats/wfdb/wfdb.ts';
import { openFile } from '../../../data/open.ts';
import { annotationBytes, fileSet, format8, format16, interleave, wfdbBytes } from '../writers.ts';
import { CountedFiles, cases, damage, damaged, lies, readSome } from './harness.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const wave = Array.from({ length: 40 }, (_, i) => Math.round(300 * Math.sin(i / 5)));
const both = interleave([wave, wave.map((value) => -value)]);

/** Headers of one file each, by their formats. */
const header = (format: number) =>
  `damaged 2 250 40\nd${format} ${format}x1:0+0 200(0)/mV 12 0 0 0 0 I\nd${format} ${format} 200(0)/mV 12 0 0 0 0 II\n`;
const FORMATS = [8, 16, 212, 310, 311];
const data = Object.fromEntries(
  FORMATS.map((format) => [
    `d${format}`,
    Uint8Array.from(format === 8 ? format8(both, 2) : wfdbBytes(format, both)),
  ]),
);
const master = 'damaged/4 2 250 50\nlayout 0\none 20\n~ 10\ntwo 20\n';
const segments = {
  layout: 'layout 2 250 0\n~ 0x1 200/mV 12 0 0 0 0 I\n~ 0x1 200/mV 12 0 0 0 0 II\n',
  one: 'one 1 250 20\none.dat 16 200/mV 12 0 0 0 0 II\n',
  two: 'two 2 250 20\nd212 212 200/mV 12 0 0 0 0 II\nd212 212 200/mV 12 0 0 0 0 I\n',
};
const headers = (texts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [`${name}.hea`, utf8(text)]));

/** Opens damaged.hea among the files and reads; errors may be about any of its parts. */
const attempt = (files: Readonly<Record<string, Uint8Array>>) => {
  const renamed = Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [`damaged/${name}`, bytes]),
  );
  const counted = new CountedFiles(renamed);
  return counted.attempt(async (entries) => {
    const entry = entries.find(({ path }) => path === 'damaged/damaged.hea');
    if (!entry) throw new Error('no header');
    const recording = await openFile(entry, entries);
    const asked = counted.asked;
    await readSome(recording, (value) => Number.isNaN(value) || Number.isFinite(value));
    counted.asked = asked;
    return recording;
  });
};

describe('damaged WFDB records', () => {
  it('are refused in a sentence or read: headers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...FORMATS).chain((format) => {
          const text = header(format);
          return fc.oneof(
            damage(text.length).map((how) => damaged(utf8(text), how)),
            lies(text).map(utf8),
          );
        }),
        async (bytes) => {
          await attempt({ ...data, 'damaged.hea': bytes });
        },
      ),
      { numRuns: cases(600), seed: 13 },
    );
  });

  it('are refused in a sentence or read: several segments', async () => {
    const texts = { damaged: master, ...segments };
    const one = fc.constantFrom(...(Object.keys(texts) as (keyof typeof texts)[]));
    await fc.assert(
      fc.asyncProperty(
        one.chain((name) =>
          fc.tuple(
            fc.constant(name),
            fc.oneof(
              damage(texts[name].length).map((how) => damaged(utf8(texts[name]), how)),
              lies(texts[name]).map(utf8),
            ),
          ),
        ),
        async ([name, bytes]) => {
          const files = { ...headers(texts), ...data, 'one.dat': Uint8Array.from(format16(wave)) };
          await attempt({ ...files, [`${name}.hea`]: bytes });
        },
      ),
      { numRuns: cases(500), seed: 17 },
    );
  });

  it('keep the samples that are intact', async () => {
    const bytes = data.d16 as Uint8Array;
    await fc.assert(
      fc.asyncProperty(damage(bytes.length), async ({ edits, length }) => {
        const recording = await attempt({
          d16: damaged(bytes, { edits, length }),
          'damaged.hea': utf8(header(16)),
        });
        const frames = Math.floor(length / 4);
        expect(recording?.channels[0]?.length).toBe(frames === 0 ? undefined : frames);
        const [found] = (await recording?.read([0], 0, frames)) ?? [];
        const wrong = found?.findIndex(
          (value, i) => value !== (wave[i] as number) / 200 && !edits.some(([at]) => at >> 1 === 2 * i),
        );
        expect(wrong ?? -1).toBe(-1);
      }),
      { numRuns: cases(200), seed: 18 },
    );
  });
});

describe('damaged WFDB annotations', () => {
  const bytes = annotationBytes([
    ...[
      (1 << 10) | 77,
      (59 << 10) | 0,
      0,
      5000,
      (28 << 10) | 3,
      (63 << 10) | 3,
      0x4128,
      0x46,
      (62 << 10) | 1,
    ],
    ...[(60 << 10) | 2, (5 << 10) | 900, (61 << 10) | 4, (1 << 10) | 20, 0],
  ]);

  it('are refused in a sentence or read', async () => {
    await fc.assert(
      fc.asyncProperty(damage(bytes.length), async (how) => {
        const files = new CountedFiles({
          'damaged.atr': damaged(bytes, how),
          'damaged.hea': utf8(header(16)),
        });
        const found = await files.attempt(([entry, ...others]) =>
          openAnnotations(entry as NonNullable<typeof entry>, others),
        );
        expect(found?.every(({ onset, text }) => Number.isFinite(onset) && text !== '') ?? true).toBe(true);
      }),
      { numRuns: cases(1000), seed: 19 },
    );
  });
});

describe('comments of a WFDB header that got among its lines', () => {
  const MARKERS = ['Zxqvjw_Qkzxyv', '17-JQX-1931', 'MRN/4711x', 'jqxwvz'];
  const pieces = MARKERS.flatMap((marker) =>
    Array.from(marker, (_, at) => marker.slice(at, at + 3)).filter((piece) => /^(?!\d+$).{3}$/.test(piece)),
  );
  const comments = `# Age: 69 Sex: M ${MARKERS.join(' ')}\n# Dx: jqxwvz 16 Zxqvjw_Qkzxyv\n#jqxwvz ${MARKERS.join(' ')}`;
  const line = 'd 16 200(0)/mV 16 0 0 0 0 II';
  const headers = [
    `${comments}\nr 2 200 3\n${line}\n${line}\n${comments}`,
    `r 2 200 3\n${comments}\n${line}\n${line}`,
    `r/2 1 200\n${comments}\ns 3\ns 3`,
  ];

  it.each(headers)('are in no message', async (header) => {
    const said = async (text: string) => {
      const files = { 'r.hea': text, 's.hea': `s 1 200 3\n${line}`, d: [1, 0, 2, 0, 3, 0] };
      const { source, find } = fileSet(files);
      try {
        return JSON.stringify(await openWfdb(source('r.hea'), find));
      } catch (error) {
        if (!(error instanceof SignalError)) throw error;
        return JSON.stringify([error.message, error]);
      }
    };
    const changed = [
      // Without any of the #, and cut anywhere.
      ...[...header.matchAll(/#\s*/g)].map(
        ({ index, 0: { length } }) => header.slice(0, index) + header.slice(index + length),
      ),
      ...Array.from(header, (_, at) => header.slice(at)),
      header.replaceAll('#', ''),
    ];
    for (const text of changed) {
      const all = await said(text);
      expect(
        pieces.filter((piece) => all.includes(piece)),
        `${text}\n${all}`,
      ).toEqual([]);
    }
  });
});
