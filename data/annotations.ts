/** Files that hold annotations: read for themselves, whether their signals are there or not. */
import { FormatError, SignalError } from './errors.ts';
import { readBrainVisionHeader } from './formats/brainvision/header.ts';
import { annotationsOf, readMarkers } from './formats/brainvision/markers.ts';
import { readEdfAnnotations } from './formats/edf/annotations.ts';
import { edf } from './formats/edf/edf.ts';
import { endingOf, type FileEntry, FileSet } from './formats/format.ts';
import { readWfdbAnnotations } from './formats/wfdb/annotations.ts';
import { parseRecordLine, splitHeader } from './formats/wfdb/record-line.ts';
import { readHeaderText } from './formats/wfdb/segment.ts';
import type { Annotation, Recording } from './recording.ts';

/**
 * Reads the annotations of an EDF+ or BDF+ file (also one without signals, such as a hypnogram), of a BrainVision marker
 * file (.vmrk), or else of a WFDB annotator (.atr or whatever comes after the record's name). `files` are those beside
 * it: the rate of a .vmrk is in its .vhdr, and that of a WFDB annotator in its record's .hea. Throws a FormatError that
 * names file and place.
 */
export async function openAnnotations(
  entry: FileEntry,
  files: FileSet | readonly FileEntry[],
): Promise<Annotation[]> {
  const beside = files instanceof FileSet ? files : new FileSet(files);
  const source = await entry.open();
  const ending = endingOf(entry.path);
  if (edf.endings.includes(ending)) return readEdfAnnotations(source);
  if (ending === 'vmrk') return annotationsOf(await readMarkers(source), await rateOfMarkers(entry, beside));
  return readWfdbAnnotations(source, await rateOfRecord(entry, beside));
}

/** The rate of the header that names the marker file, or that has its name. */
async function rateOfMarkers(entry: FileEntry, files: FileSet): Promise<number> {
  const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
  const own = files.beside(entry.path, name.replace(/vmrk$/i, 'vhdr'));
  if (own) return (await readBrainVisionHeader(await own.open())).rate;
  for (const other of files.entries) {
    if (endingOf(other.path) !== 'vhdr' || files.beside(other.path, name)?.path !== entry.path) continue;
    const header = await readBrainVisionHeader(await other.open()).catch(unreadable);
    if (header?.markerFile === name) return header.rate;
  }
  throw new FormatError(
    entry.path,
    'counts its positions in samples, and no header beside it says how many there are in a second.',
    'Put its .vhdr file beside it.',
    { field: 'SamplingInterval' },
  );
}

/** A header that cannot be read names nothing; opening it as a recording says what is wrong with it. */
function unreadable(error: unknown): undefined {
  if (!(error instanceof SignalError)) throw error;
}

/** The frames a second of the WFDB record; undefined where its header is not there, as the annotations may know it. */
async function rateOfRecord({ path }: FileEntry, files: FileSet): Promise<number | undefined> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const header = files.beside(path, `${name.slice(0, name.lastIndexOf('.'))}.hea`);
  if (!header) return undefined;
  const text = await readHeaderText(await header.open());
  return parseRecordLine(splitHeader(text).lines, header.path).rate;
}

/**
 * Where in the stored signal an annotation lies, in seconds, so that times the rate it is the sample of a channel:
 * times by the clock are freed of what was missing before them. Undefined within a gap, and before and after the signal.
 */
export function storedSeconds(recording: Recording, { onset, sample }: Annotation): number | undefined {
  const length = Math.max(...recording.channels.map((channel) => channel.length / channel.rate));
  const within = (seconds: number) => (seconds >= 0 && seconds < length ? seconds : undefined);
  if (sample !== undefined) return within(onset);
  let start = recording.startOffset ?? 0;
  let from = 0;
  for (const { at, seconds } of recording.gaps) {
    // This stretch reaches from `from` to `at` in the stored signal.
    if (onset < start + (at - from)) break;
    start += at - from + seconds;
    from = at;
  }
  const to = recording.gaps.find(({ at }) => at > from)?.at ?? length;
  const seconds = from + (onset - start);
  return seconds >= from && seconds < to ? within(seconds) : undefined;
}
