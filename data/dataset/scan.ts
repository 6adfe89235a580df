/** What a set of opened files comes to, as the lines of a manifest. */
import { whyPassedOver, withoutName } from '../errors.ts';
import type { Opened } from '../open.ts';
import type { ChannelInfo, Modality, Recording } from '../recording.ts';
import { conversionOf } from '../units.ts';
import { impossibleValues, judgeUnits } from '../windows/amplitude.ts';
import { chooseChannels } from '../windows/channel-choice.ts';
import { guessModality, guessSubject } from './guess.ts';
import type { Manifest, ManifestEntry, SkippedEntry } from './manifest.ts';

export interface ScanOptions {
  /** Path of a recording as the manifest is to write it, from the recording's name. */
  pathOf?(name: string): string;
  /** Collection that a recording is part of, from its name; undefined for none. */
  datasetOf?(name: string): string | undefined;
  /** The array that was asked for, for files of several: opening them again needs it. */
  variable?: string;
  /** Seconds of the recordings' windows, where they are to differ from those of other recordings. */
  window?: number;
  /** What a person said that all files hold. */
  modality?: Modality;
  /** Labels or kinds of the channels to use, instead of those of each recording's modality. */
  channels?: readonly string[];
  /** Called after each recording, for a line of progress. */
  onRecording?(done: number, of: number): void;
}

/** Looks at every recording: its kind, subject, channels, length and gaps. Recordings without a usable channel, and those that cannot be read after all, are skipped. */
export async function scan({ recordings, skipped }: Opened, options: ScanOptions = {}): Promise<Manifest> {
  const pathOf = options.pathOf ?? ((name: string) => name);
  const entries: ManifestEntry[] = [];
  const unfit: SkippedEntry[] = [];
  for (const [index, recording] of recordings.entries()) {
    const path = pathOf(recording.name);
    try {
      const dataset = options.datasetOf?.(recording.name);
      entries.push(await entryOf(recording, path, { ...options, dataset }));
    } catch (error) {
      const reason = whyPassedOver(error, recording.name);
      if (reason === undefined) throw error;
      unfit.push({ path, skipped: reason });
    }
    options.onRecording?.(index + 1, recordings.length);
  }
  // A reason may name another file: the one that holds the same samples.
  const named = (reason: string) =>
    recordings.reduce(
      (text, { name }) => (text.includes(name) ? text.replaceAll(name, pathOf(name)) : text),
      reason,
    );
  const passedOver = skipped.map(({ path, reason }) => ({
    path: pathOf(path),
    skipped: named(withoutName(reason, path)),
  }));
  return { entries, skipped: [...unfit, ...passedOver] };
}

async function entryOf(
  recording: Recording,
  path: string,
  {
    dataset,
    variable,
    window,
    modality: declared,
    channels: wished,
  }: ScanOptions & { dataset: string | undefined },
): Promise<ManifestEntry> {
  const guess = guessModality(recording, path, declared);
  const choice = await chooseChannels(guess ? { ...recording, modality: guess.value } : recording, wished);
  const { channels, leftOut, notes: chosen } = choice;
  const modality = choice.modality && {
    value: choice.modality,
    because: choice.modality === guess?.value ? guess.because : 'the channels named are of it',
  };
  const known = modality ? { ...recording, modality: modality.value } : recording;
  const first = recording.channels[channels[0] ?? 0];
  const subject = guessSubject(recording, path);
  const conversions = channels.map((channel) =>
    conversionOf(recording.channels[channel] as ChannelInfo, modality?.value),
  );
  const { notes: judged, conversions: final } = await judgeUnits(known, channels, conversions, 'correct');
  const impossible = await impossibleValues(known, channels, final);
  const { gaps, format, startTime } = recording;
  const notes = [...recording.notes, ...chosen, ...judged, ...impossible];
  return {
    path,
    ...(dataset === undefined ? {} : { dataset }),
    ...(modality ? { modality: modality.value, because: modality.because } : {}),
    ...(subject ? { subject: subject.value } : {}),
    ...(variable === undefined ? {} : { variable }),
    format,
    ...(first ? { rate: first.rate, seconds: Number((first.length / first.rate).toFixed(3)) } : {}),
    channels: channels.map((channel) => recording.channels[channel]?.label ?? ''),
    ...(window === undefined ? {} : { window }),
    ...(startTime === undefined ? {} : { started: startTime }),
    ...(gaps.length > 0
      ? {
          gaps: gaps.length,
          missingSeconds: Number(gaps.reduce((sum, { seconds }) => sum + (seconds || 0), 0).toFixed(3)),
        }
      : {}),
    ...(leftOut.length > 0 ? { leftOut } : {}),
    ...(notes.length > 0 ? { notes } : {}),
  };
}
