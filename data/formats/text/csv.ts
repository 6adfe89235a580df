import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import type { Recording } from '../../recording.ts';
import type { Format, OpenOptions } from '../format.ts';
import { recordingOfColumns } from './column-recording.ts';
import { declaredRates } from './declared-rate.ts';
import { empaticaRecording, tagsBeside } from './empatica.ts';
import { readTable } from './table.ts';

export type CsvOptions = Pick<OpenOptions, 'rate' | 'delimiter' | 'decimalComma'>;

export const text: Format = {
  name: 'text',
  endings: ['csv', 'tsv', 'txt'],
  open: async (entry, files, options) =>
    openCsv(await entry.open(), options, (startTime) => tagsBeside(entry, files, startTime)),
};

const MAXIMUM_BYTES = 1 << 29;
/**
 * Opens a table of numbers in text: one row a sample, one column a channel. The rate is that of the options, else that of a
 * column of times (in the unit that its name or its values show, or date-times), else that of a comment or a line before the table such as
 * "# Sampling Rate (Hz):= 1000". Empty fields and words such as NaN are missing samples; columns that count rows or packets,
 * further times and texts are left out, and columns of labels become annotations. Pauses in the times become gaps. One long row
 * is taken as one channel. Only the numbers stay in memory. Throws a FormatError that names the line or what is missing, and
 * both readings of what can be read in two ways. `tagsOf` gives the marks of a session of the Empatica E4, which has them in another file.
 */
export async function openCsv(
  source: ByteSource,
  options: CsvOptions = {},
  tagsOf?: (startTime: string) => Recording['annotations'],
): Promise<Recording> {
  if (source.size > MAXIMUM_BYTES) {
    throw new FormatError(
      source.name,
      `is ${Math.round(source.size / 1e6)} MB of text, more than the ${MAXIMUM_BYTES / (1 << 20)} MB that are read.`,
      'Split it, or convert it to EDF or NPY, which are read by seeking.',
      { found: source.size, expected: `at most ${MAXIMUM_BYTES} bytes` },
    );
  }
  const { columns, comments, notes } = await readTable(source, options);
  const session = empaticaRecording(source.name, columns);
  if (session) {
    const tags = session.startTime === undefined ? undefined : tagsOf?.(session.startTime);
    const own = session.channels[0]?.rate;
    // The sensors of a session have rates of their own, of which a person can only mean one.
    const notes =
      options.rate === undefined || options.rate === own
        ? []
        : [`it declares ${own} Hz, which is used, and not the ${options.rate} Hz given`];
    return { ...session, notes: [...session.notes, ...notes], ...(tags && { annotations: tags }) };
  }
  return recordingOfColumns(source.name, 'text', columns, {
    declared: declaredRates(comments),
    rate: options.rate,
    notes,
  });
}
