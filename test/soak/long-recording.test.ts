import { expect, it } from 'vitest';
import type { ByteSource } from '../../base/bytes.ts';
import { openEdf } from '../../data/formats/edf/edf.ts';
import { cutWindows } from '../../data/windows/cut.ts';
import { edfBytes } from '../data/writers.ts';

const HOURS = 24;
const CHANNELS = 64;
const RATE = 256;

/** A day of 64 channels, 2.8 GB, that lies nowhere: its samples are made from their place when they are read. */
function day(): ByteSource {
  const records = HOURS * 3600;
  const signals = Array.from({ length: CHANNELS }, (_, i) => ({
    label: `EEG ${i}`,
    unit: 'uV',
    perRecord: RATE,
    values: [],
  }));
  const header = edfBytes({ signals, records: 0, declaredRecords: records });
  const bytes = records * CHANNELS * RATE * 2;
  return {
    name: 'day.edf',
    size: header.length + bytes,
    read: async (offset, length) => {
      const out = new Uint8Array(Math.max(0, Math.min(length, header.length + bytes - offset)));
      for (let i = 0; i < out.length; i++) {
        const at = offset + i;
        out[i] = at < header.length ? (header[at] as number) : (Math.imul(at, 2654435761) >>> 13) & 63;
      }
      return out;
    },
  };
}

it('cuts a day of 64 channels that does not fit in memory, and reads its windows by seeking', async () => {
  const recording = await openEdf(day());
  const before = process.memoryUsage().rss;
  const start = performance.now();
  const windows = await cutWindows(recording, {
    seconds: 10,
    mains: 50,
    maximumBytes: 2 ** 28,
    units: 'trust',
  });
  const seconds = (performance.now() - start) / 1000;
  expect(windows.signal).toBeUndefined();
  expect(windows.shape).toEqual([HOURS * 360, CHANNELS, 2000]);
  const asked = performance.now();
  for (const window of [8639, 0, 4000])
    expect((await windows.read(window)).every(Number.isFinite)).toBe(true);
  const each = (performance.now() - asked) / 3;
  const grown = (process.memoryUsage().rss - before) / 2 ** 20;
  console.log(
    `a day of ${CHANNELS} channels: looked through in ${seconds.toFixed(0)} s, ${each.toFixed(0)} ms a window, ${grown.toFixed(0)} MiB more memory`,
  );
  expect(grown).toBeLessThan(600);
});
