import { modalityOfAll, requireRange } from '../../channels.ts';
import { FormatError } from '../../errors.ts';
import type { ChannelInfo, Recording } from '../../recording.ts';
import { type FileEntry, type FileSet, type Format, pathBeside } from '../format.ts';
import { type BrainVisionHeader, readBrainVisionHeader } from './header.ts';
import { annotationsOf, gapsOf, readMarkers, startOf } from './markers.ts';
import { readStored, type SampleLayout } from './samples.ts';

export const brainVision: Format = {
  name: 'BrainVision',
  endings: ['vhdr'],
  declaresRates: true,
  open: (entry, files) => openBrainVision(entry, files),
  parts: async (entry, files) => {
    const header = await readBrainVisionHeader(await entry.open());
    const found = [findData(entry, files, header), findMarkers(entry, files, header)];
    return found.flatMap((one) => (one ? [one.entry.path] : []));
  },
};

/**
 * Opens a BrainVision recording (Core Data Format 1.0) by its header file: binary data of 16-bit or 32-bit integers or
 * 32-bit floats, of either orientation. ASCII data are rejected. Markers become annotations, and those of new segments
 * gaps. Throws a FormatError that names file, line and field.
 */
export async function openBrainVision(entry: FileEntry, files: FileSet): Promise<Recording> {
  const header = await readBrainVisionHeader(await entry.open());
  const file = entry.path;
  const data = findData(entry, files, header);
  if (!data) {
    throw new FormatError(
      file,
      `names the data file "${header.dataFile}", which is not there.`,
      'Put it beside the header.',
      { field: 'DataFile', found: header.dataFile },
    );
  }
  const marked = findMarkers(entry, files, header);
  const source = await data.entry.open();
  const layout = layoutOf(header, source.size, source.name);
  const length = lengthOf(header, layout, source.size);
  requireSegments(header, length, file);
  const markers = marked ? await readMarkers(await marked.entry.open()) : [];
  const channels = header.channels.map(
    ({ label, unit }): ChannelInfo => ({ label, unit, rate: header.rate, length }),
  );
  const modality = modalityOfAll(channels);
  const startTime = startOf(markers);
  return {
    name: file,
    format: 'BrainVision',
    ...(modality ? { modality } : {}),
    ...(startTime ? { startTime } : {}),
    kin: { records: [], files: [data.entry.path] },
    channels,
    gaps: gapsOf(markers, header.rate, length, header.segmentPoints),
    notes: [
      ...header.notes,
      ...renamed('DataFile', data),
      ...(marked ? renamed('MarkerFile', marked) : missingMarkers(header)),
      ...shortness(header, layout, length, source.size),
    ],
    read: async (asked, start, count) => {
      requireRange(file, channels, asked, start, count);
      const stored = await readStored(source, layout, asked, start, count);
      stored.forEach((values, i) => {
        const { resolution } = header.channels[asked[i] as number] as { resolution: number };
        for (let k = 0; k < values.length; k++) values[k] = (values[k] as number) * resolution;
      });
      return stored;
    },
    ...(marked ? { annotations: async () => annotationsOf(markers, header.rate) } : {}),
    patient: () => header.comment,
  };
}

/** More segments than anybody cuts: the number is damaged. */
const MOST_SEGMENTS = 1_000_000;

function requireSegments({ segmentPoints }: BrainVisionHeader, length: number, file: string): void {
  if (segmentPoints === undefined) return;
  if (length / segmentPoints <= MOST_SEGMENTS) return;
  throw new FormatError(
    file,
    `has segments of ${segmentPoints} samples, ${Math.ceil(length / segmentPoints)} of them.`,
    'Correct SegmentDataPoints.',
    { field: 'SegmentDataPoints', found: segmentPoints, expected: `at most ${MOST_SEGMENTS} segments` },
  );
}

/** A file, and the name under which the header knows it where that is another one. */
interface Found {
  entry: FileEntry;
  insteadOf?: string;
}

function findData(entry: FileEntry, files: FileSet, { dataFile }: BrainVisionHeader): Found | undefined {
  return find(entry, files, dataFile, ['eeg', 'dat', 'avg']);
}

function findMarkers(entry: FileEntry, files: FileSet, { markerFile }: BrainVisionHeader): Found | undefined {
  return markerFile === undefined ? undefined : find(entry, files, markerFile, ['vmrk']);
}

/** The file that the header names, or where the three files were renamed, the one of the header's own name. */
function find(
  entry: FileEntry,
  files: FileSet,
  named: string,
  endings: readonly string[],
): Found | undefined {
  const base = entry.path.slice(entry.path.lastIndexOf('/') + 1).replace(/\.vhdr$/i, '');
  // $b stands for the header's own name.
  const name = named.replaceAll('$b', base);
  const exact = files.beside(entry.path, name);
  if (exact) return { entry: exact };
  const own = pathBeside(entry.path, base).toLowerCase();
  for (const ending of endings) {
    const other = files.entries.find(({ path }) => path.toLowerCase() === `${own}.${ending}`);
    if (other) return { entry: other, insteadOf: name };
  }
  return undefined;
}

function renamed(field: string, { entry, insteadOf }: Found): string[] {
  if (insteadOf === undefined) return [];
  const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
  return [
    `the ${field} "${insteadOf}" of the header is not there; "${name}" is taken, which has the header's own name`,
  ];
}

function missingMarkers({ markerFile }: BrainVisionHeader): string[] {
  return markerFile === undefined ? [] : [`the marker file "${markerFile}" is not there; gaps are not known`];
}

function layoutOf(header: BrainVisionHeader, size: number, file: string): SampleLayout {
  const { type, isBigEndian, dataOffset, isVectorized, channels, points } = header;
  const elements = Math.floor(Math.max(0, size - dataOffset) / type.bytes);
  const whole = Math.floor(elements / channels.length);
  if (whole < 1 || (isVectorized && points !== undefined && points > elements)) {
    throw new FormatError(
      file,
      `holds ${elements} samples, too few for ${channels.length} channels${points === undefined ? '' : ` of ${points}`}.`,
      'Copy it again.',
      { byte: size, field: 'DataPoints', found: elements, expected: String(channels.length * (points ?? 1)) },
    );
  }
  return { type, isBigEndian, dataOffset, isVectorized, channels: channels.length, points: points ?? whole };
}

/** Samples a channel: of a cut VECTORIZED file the first channels are whole, so all keep their length. */
function lengthOf(
  { isVectorized, points }: BrainVisionHeader,
  { channels, type, dataOffset }: SampleLayout,
  size: number,
): number {
  const whole = Math.floor((size - dataOffset) / type.bytes / channels);
  if (points === undefined) return whole;
  return isVectorized ? points : Math.min(points, whole);
}

function shortness(
  { points, isVectorized }: BrainVisionHeader,
  { channels, type, dataOffset }: SampleLayout,
  length: number,
  size: number,
): string[] {
  const whole = Math.floor((size - dataOffset) / type.bytes / channels);
  if (points !== undefined && whole < points) {
    return [
      isVectorized
        ? `cut short: of ${channels} channels of ${points} samples not all are there; what is missing is missing at the end of the last ones`
        : `cut short: ${whole} of ${points} samples are there`,
    ];
  }
  return whole > length ? [`${whole - length} samples after the declared ${length} are left out`] : [];
}
