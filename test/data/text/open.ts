/** Helpers of the tests of tables. */

import { memorySource } from '../../../base/bytes.ts';
import { type CsvOptions, openCsv } from '../../../data/formats/text/csv.ts';
import type { Recording } from '../../../data/recording.ts';
import { chooseChannels } from '../../../data/windows/channel-choice.ts';

export const open = (text: string, options?: CsvOptions): Promise<Recording> =>
  openCsv(memorySource('t.csv', new TextEncoder().encode(text)), options);

/** Some beats, never twice the same value in a row. */
export const ecg = (i: number): number =>
  0.3 * Math.sin(0.3 * i) + Math.exp(-(((i % 200) - 100) ** 2) / 20) + ((i * 7919) % 13) / 500;

export const lines = (count: number, of: (row: number) => string): string =>
  Array.from({ length: count }, (_, row) => of(row)).join('\n');

export const labelsOf = ({ channels }: Recording): string[] => channels.map(({ label }) => label);

export async function used(recording: Recording): Promise<string[]> {
  const { channels } = await chooseChannels(recording);
  return channels.map((index) => recording.channels[index]?.label ?? '');
}

export async function firstOf(recording: Recording, count: number, channel = 0): Promise<number[]> {
  return [...((await recording.read([channel], 0, count))[0] as Float64Array)];
}
