import { modalityOfAll, requireRange } from '../../channels.ts';
import { FormatError } from '../../errors.ts';
import type { ChannelInfo, Recording } from '../../recording.ts';
import { type ByteSource, decodeText } from '../../source/bytes.ts';
import { type Format, pathBeside } from '../format.ts';
import { parseWfdbHeader, type WfdbHeader, type WfdbSignal } from './header.ts';
import { kinOf, mastersAmong } from './kin.ts';
import { SAMPLE_FORMATS, type SampleFormat, samplesIn } from './samples.ts';

/** Finds a signal file by the name that the header gives it, or says that there is none. */
export type FindFile = (fileName: string) => Promise<ByteSource | undefined>;

export const wfdb: Format = {
  name: 'WFDB',
  endings: ['hea'],
  open: async (entry, files) => {
    const signalFiles: string[] = [];
    const recording = await openWfdb(await entry.open(), async (name) => {
      signalFiles.push(pathBeside(entry.path, name));
      return files.beside(entry.path, name)?.open();
    });
    return { ...recording, kin: kinOf(entry.path, signalFiles, await mastersAmong(files)) };
  },
  parts: async (entry) => {
    const source = await entry.open();
    const { signals } = parseWfdbHeader(decodeText(await source.read(0, source.size)), entry.path);
    return [...new Set(signals.map(({ fileName }) => pathBeside(entry.path, fileName)))];
  },
};

/** Signals that lie interleaved in one file: a frame holds `samplesPerFrame` samples of each in turn. */
interface SignalFile {
  source: ByteSource;
  format: SampleFormat;
  byteOffset: number;
  samplesPerFrame: number;
  frames: number;
}

interface PlacedSignal extends WfdbSignal {
  file: SignalFile;
  /** Samples of the frame before this signal's own. */
  position: number;
}

const BLOCK_FRAMES = 1 << 20;

/**
 * Opens a WFDB record of one segment, from its header and a way to find the signal files beside it. Formats 16, 24,
 * 32, 61, 80, 160 and 212. The format's code for a missing sample becomes NaN. A signal with several samples a frame
 * has that many times the record's rate. Throws a FormatError for what it cannot read, naming the file at fault.
 */
export async function openWfdb(header: ByteSource, findFile: FindFile): Promise<Recording> {
  const parsed = parseWfdbHeader(decodeText(await header.read(0, header.size)), header.name);
  if (parsed.signals.length === 0) {
    throw new FormatError(header.name, 'describes no signals.', 'Give a header that does.');
  }
  if (parsed.signals.some(({ fileName }) => fileName === '~')) {
    throw new FormatError(
      header.name,
      'describes a layout or a pause, without samples.',
      'Give the other segments.',
    );
  }
  const notes = [...parsed.notes];
  const signals = await place(parsed, header.name, findFile, notes);
  const present = Math.min(...signals.map(({ file }) => file.frames));
  const frames = Math.min(parsed.frames ?? present, present);
  if (parsed.frames !== undefined && present < parsed.frames) {
    notes.push(`cut short: ${present} of ${parsed.frames} samples are there`);
  }
  if (frames < 1)
    throw new FormatError(header.name, 'has signal files without a sample.', 'Copy them again.');

  const channels = signals.map(
    ({ label, unit, samplesPerFrame }): ChannelInfo => ({
      label,
      unit,
      rate: parsed.rate * samplesPerFrame,
      length: frames * samplesPerFrame,
    }),
  );
  const modality = modalityOfAll(channels.map(({ label }) => label));
  return {
    name: header.name,
    format: 'WFDB',
    ...(modality ? { modality } : {}),
    ...(parsed.startTime ? { startTime: parsed.startTime } : {}),
    channels,
    gaps: [],
    notes,
    read: async (asked, start, count) => {
      requireRange(header.name, channels, asked, start, count);
      const out: Float64Array[] = [];
      for (const index of asked)
        out.push(await readSignal(signals[index] as PlacedSignal, frames, start, count));
      return out;
    },
  };
}

/** Opens the signal files, and works out where in a frame each signal lies. */
async function place(
  header: WfdbHeader,
  name: string,
  findFile: FindFile,
  notes: string[],
): Promise<PlacedSignal[]> {
  const placed: PlacedSignal[] = [];
  for (let first = 0; first < header.signals.length; ) {
    const lead = header.signals[first] as WfdbSignal;
    // A run of signals with one file name is one group; that is how the format says which are interleaved.
    let end = first;
    while (header.signals[end]?.fileName === lead.fileName) end++;
    const members = header.signals.slice(first, end);
    const format = SAMPLE_FORMATS.get(lead.format);
    if (!format || members.some((signal) => signal.format !== lead.format)) {
      throw new FormatError(
        name,
        `stores "${lead.fileName}" in format ${members.map((signal) => signal.format).join(', ')}, which cannot be read.`,
        `Convert it to format 16 (xform of the WFDB tools); readable: ${[...SAMPLE_FORMATS.keys()].join(', ')}.`,
      );
    }
    const source = await findFile(lead.fileName);
    if (!source) {
      throw new FormatError(
        name,
        `names the signal file "${lead.fileName}", which is not there.`,
        'Put it beside the header.',
      );
    }
    const samplesPerFrame = members.reduce((sum, signal) => sum + signal.samplesPerFrame, 0);
    const stored = samplesIn(Math.max(0, source.size - lead.byteOffset), format);
    const file: SignalFile = {
      source,
      format,
      byteOffset: lead.byteOffset,
      samplesPerFrame,
      frames: Math.floor(stored / samplesPerFrame),
    };
    let position = 0;
    for (const signal of members) {
      if (signal.skew < 0) {
        throw new FormatError(
          name,
          `has a skew of ${signal.skew} frames.`,
          'A skew of at least 0 is needed.',
        );
      }
      if (signal.skew > 0)
        notes.push(`"${signal.label}" is moved by its skew of ${signal.skew} frames; its end is missing`);
      placed.push({ ...signal, file, position });
      position += signal.samplesPerFrame;
    }
    first = end;
  }
  return placed;
}

async function readSignal(
  signal: PlacedSignal,
  frames: number,
  start: number,
  count: number,
): Promise<Float64Array> {
  const { file, position, samplesPerFrame: own, skew, gain, baseline } = signal;
  const { source, format, byteOffset, samplesPerFrame } = file;
  const out = new Float64Array(count).fill(Number.NaN);
  const firstFrame = Math.floor(start / own) + skew;
  const endFrame = Math.min(Math.ceil((start + count) / own) + skew, frames);
  for (let frame = firstFrame; frame < endFrame; frame += BLOCK_FRAMES) {
    const blockEnd = Math.min(frame + BLOCK_FRAMES, endFrame);
    // Begin at a whole group: in format 212 a frame may start in the middle of three bytes.
    const firstGroup = Math.floor((frame * samplesPerFrame) / format.group.samples);
    const lastGroup = Math.ceil((blockEnd * samplesPerFrame) / format.group.samples);
    const bytes = await source.read(
      byteOffset + firstGroup * format.group.bytes,
      (lastGroup - firstGroup) * format.group.bytes,
    );
    const base = firstGroup * format.group.samples;
    for (let f = frame; f < blockEnd; f++) {
      for (let k = 0; k < own; k++) {
        const index = (f - skew) * own + k - start;
        if (index < 0 || index >= count) continue;
        const digital = format.at(bytes, f * samplesPerFrame + position + k - base);
        if (digital !== format.invalid) out[index] = (digital - baseline) / gain;
      }
    }
  }
  return out;
}
