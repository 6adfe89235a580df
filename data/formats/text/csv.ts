import { FormatError } from '../../errors.ts';
import type { Recording } from '../../recording.ts';
import type { ByteSource } from '../../source/bytes.ts';
import type { Format, OpenOptions } from '../format.ts';
import { rateInComments, recordingOfColumns } from './column-recording.ts';
import { readTable } from './table.ts';

export type CsvOptions = Pick<OpenOptions, 'rate' | 'delimiter' | 'decimalComma'>;

export const text: Format = {
  name: 'text',
  endings: ['csv', 'tsv', 'txt'],
  open: async (entry, _, options) => openCsv(await entry.open(), options),
};

const MAXIMUM_BYTES = 1 << 29;
/**
 * Opens a table of numbers in text: one row a sample, one column a channel. The rate comes from a column of times
 * (seconds, milliseconds or ISO 8601 date-times), from a comment such as "# Sampling Rate (Hz):= 1000", or from the
 * options. Empty fields and words such as NaN are missing samples; a first column that counts the rows is left out, and
 * columns of labels become annotations. Pauses in the times become gaps. One long row is taken as one channel. Only the
 * numbers stay in memory. Throws a FormatError that names the line or what is missing.
 */
export async function openCsv(source: ByteSource, options: CsvOptions = {}): Promise<Recording> {
  if (source.size > MAXIMUM_BYTES) {
    throw new FormatError(
      source.name,
      `is ${Math.round(source.size / 1e6)} MB of text, more than the ${MAXIMUM_BYTES / (1 << 20)} MB that are read.`,
      'Split it, or convert it to EDF or NPY, which are read by seeking.',
      { found: source.size, expected: `at most ${MAXIMUM_BYTES} bytes` },
    );
  }
  const { columns, comments } = await readTable(source, options);
  return recordingOfColumns(source.name, 'text', columns, [rateInComments(comments), options.rate]);
}
