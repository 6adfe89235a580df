/** The header file (.vhdr) of the BrainVision Core Data Format 1.0 (Brain Products, 2019). */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import { foundNumber, shownNumber } from '../shown-number.ts';
import { SAMPLE_TYPES, type SampleType } from './samples.ts';
import { numbered, readSections, type Sections } from './sections.ts';

export interface BrainVisionChannel {
  label: string;
  unit: string;
  /** Physical units of one digital unit. */
  resolution: number;
}

export interface BrainVisionHeader {
  dataFile: string;
  markerFile: string | undefined;
  /** Samples of all channels one after the other (VECTORIZED), or of each moment together (MULTIPLEXED). */
  isVectorized: boolean;
  type: SampleType;
  isBigEndian: boolean;
  /** Bytes before the first sample. */
  dataOffset: number;
  /** Samples a second. */
  rate: number;
  /** Samples a channel, where stated. */
  points: number | undefined;
  /** Samples a segment, where the data are cut into such of equal length. */
  segmentPoints: number | undefined;
  channels: BrainVisionChannel[];
  comment: string;
  notes: string[];
}

const COMMON = 'common infos';
const BINARY = 'binary infos';
const MAXIMUM_CHANNELS = 1 << 14;

/** Reads the header. Throws a FormatError that names line and field. */
export async function readBrainVisionHeader(source: ByteSource): Promise<BrainVisionHeader> {
  const sections = await readSections(source, 'Header');
  const file = new HeaderFile(source.name, sections);
  file.requireOneOf(COMMON, 'DataFormat', ['BINARY'], 'Export it in binary form (ASCII data are not read).');
  file.requireOneOf(
    COMMON,
    'DataType',
    ['TIMEDOMAIN'],
    'Export the signal itself, not its spectrum.',
    'TIMEDOMAIN',
  );
  const orientation = file.requireOneOf(
    COMMON,
    'DataOrientation',
    ['MULTIPLEXED', 'VECTORIZED'],
    'Give one of these.',
    'MULTIPLEXED',
  );
  for (const field of ['ChannelOffset', 'SegmentHeaderSize', 'TrailerSize'])
    file.requireOneOf(BINARY, field, ['0'], 'Export it again without.', '0');
  const type = file.requireOneOf(
    BINARY,
    'BinaryFormat',
    [...SAMPLE_TYPES.keys()],
    'Export it in one of these.',
  );
  const channelCount = file.whole(COMMON, 'NumberOfChannels', 1, MAXIMUM_CHANNELS);
  const notes: string[] = [];
  return {
    dataFile: file.text(COMMON, 'DataFile'),
    markerFile: file.optional(COMMON, 'MarkerFile')?.value || undefined,
    isVectorized: orientation === 'VECTORIZED',
    type: SAMPLE_TYPES.get(type) as SampleType,
    isBigEndian:
      file.requireOneOf(BINARY, 'UseBigEndianOrder', ['NO', 'YES'], 'Give one of these.', 'NO') === 'YES',
    dataOffset: file.optional(BINARY, 'DataOffset') ? file.whole(BINARY, 'DataOffset', 0) : 0,
    rate: rateOf(file),
    points: file.optional(COMMON, 'DataPoints')
      ? file.whole(COMMON, 'DataPoints', 0) || undefined
      : undefined,
    segmentPoints: segmentPoints(file),
    channels: channelsOf(source.name, sections, channelCount, notes),
    comment: sections.comment,
    notes,
  };
}

/** The interval is in microseconds. */
function rateOf(file: HeaderFile): number {
  const { value, line } = file.field(COMMON, 'SamplingInterval');
  const rate = 1e6 / Number(value);
  // 1e6 / 3906.25 is 256; an interval of 1953.13 was rounded, and means 512 Hz as nearly as it can say.
  if (value !== '' && rate > 0 && Number.isFinite(rate)) return Number(rate.toPrecision(12));
  throw new FormatError(
    file.name,
    `has ${shownNumber(value)} as its SamplingInterval.`,
    'A positive number of microseconds is needed.',
    { line, field: 'SamplingInterval', ...foundNumber(value), expected: 'a positive number' },
  );
}

function segmentPoints(file: HeaderFile): number | undefined {
  const kind = file.optional(COMMON, 'SegmentationType')?.value.toUpperCase() ?? 'NOTSEGMENTED';
  if (kind === 'NOTSEGMENTED' || !file.optional(COMMON, 'SegmentDataPoints')) return undefined;
  return file.whole(COMMON, 'SegmentDataPoints', 1);
}

/** "Ch1=name,reference,resolution,unit"; the last three may be missing. */
function channelsOf(file: string, sections: Sections, count: number, notes: string[]): BrainVisionChannel[] {
  const listed = numbered(sections, 'channel infos', 'ch');
  const channels: BrainVisionChannel[] = [];
  for (let number = 1; number <= count; number++) {
    const entry = listed[number - 1];
    if (entry?.number !== number) {
      throw new FormatError(
        file,
        `declares ${count} channels but does not describe channel ${number}.`,
        `Add "Ch${number}=name,,resolution,unit" to [Channel Infos].`,
        { field: `Ch${number}`, expected: `Ch1 to Ch${count}` },
      );
    }
    const [label = '', , resolutionText = '', unit = ''] = entry.parts;
    const resolution = resolutionText === '' ? 1 : Number(resolutionText);
    // A value of 32 bits times it must be a number still.
    if (!Number.isFinite(resolution * 2 ** 33) || resolution === 0) {
      throw new FormatError(
        file,
        `gives channel ${number} the resolution ${shownNumber(resolutionText)}.`,
        'A number other than 0 is needed.',
        { line: entry.line, field: `Ch${number}`, ...foundNumber(resolutionText), expected: 'a number' },
      );
    }
    channels.push({ label, unit: unit || 'µV', resolution });
  }
  if (listed.length > count)
    notes.push(`the header describes ${listed.length} channels; the first ${count} are there`);
  return channels;
}

/** The words that the format has for its fields: what else stands there may be of a patient, as of a header that was cut. */
const KNOWN_WORDS =
  /^(ascii|frequencydomain|fdmagnitude|binary|timedomain|u?int_\d+|ieee_float_\d+|multiplexed|vectorized|yes|no)$/i;

function shownWord(word: string): string {
  return KNOWN_WORDS.test(word) || /^\d+$/.test(word) ? `"${word}"` : 'an unknown word';
}

/** The fields of a header, with errors that say where they are. */
class HeaderFile {
  readonly name: string;
  private readonly sections: Sections;

  constructor(name: string, sections: Sections) {
    this.name = name;
    this.sections = sections;
  }

  optional(section: string, key: string) {
    return this.sections.fields.get(section)?.get(key.toLowerCase());
  }

  field(section: string, key: string) {
    const field = this.optional(section, key);
    if (field) return field;
    throw new FormatError(
      this.name,
      `has no ${key} in its [${section.replace(/\b\w/g, (letter) => letter.toUpperCase())}].`,
      'Add the line, or export the recording again.',
      { field: key },
    );
  }

  text(section: string, key: string): string {
    return this.field(section, key).value;
  }

  whole(section: string, key: string, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
    const { value, line } = this.field(section, key);
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= least && number <= most) return number;
    throw new FormatError(
      this.name,
      `has ${shownNumber(value)} as its ${key}.`,
      `A whole number of ${least} to ${most} is needed.`,
      {
        line,
        field: key,
        ...foundNumber(value),
        expected: `${least} to ${most}`,
      },
    );
  }

  /** One of some words in upper case, which is what `otherwise` stands for where the field is not there. */
  requireOneOf(
    section: string,
    key: string,
    words: readonly string[],
    fix: string,
    otherwise?: string,
  ): string {
    const field = otherwise === undefined ? this.field(section, key) : this.optional(section, key);
    const word = field?.value.toUpperCase() ?? otherwise ?? '';
    if (words.includes(word)) return word;
    throw new FormatError(
      this.name,
      `has ${shownWord(word)} as its ${key}; read are ${words.join(', ')}.`,
      fix,
      {
        ...(field ? { line: field.line } : {}),
        field: key,
        ...(KNOWN_WORDS.test(word) ? { found: word } : {}),
        expected: words.join(', '),
      },
    );
  }
}
