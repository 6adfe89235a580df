/** What a set of opened files comes to, as the lines of a manifest. */
import { whyPassedOver, withoutName } from '../errors.ts';
import type { Opened } from '../open.ts';
import type { ChannelInfo, Recording } from '../recording.ts';
import { conversionOf } from '../units.ts';
import { judgeUnits } from '../windows/amplitude.ts';
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
      const { variable, window } = options;
      const dataset = options.datasetOf?.(recording.name);
      entries.push(await entryOf(recording, path, { dataset, variable, window }));
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
  { dataset, variable, window }: { dataset: string | undefined } & Pick<ScanOptions, 'variable' | 'window'>,
): Promise<ManifestEntry> {
  const { channels, leftOut } = await chooseChannels(recording);
  const first = recording.channels[channels[0] ?? 0];
  const modality = guessModality(recording, path);
  const subject = guessSubject(recording, path);
  const conversions = channels.map((channel) =>
    conversionOf(recording.channels[channel] as ChannelInfo, modality?.value),
  );
  const known = modality ? { ...recording, modality: modality.value } : recording;
  const { notes: judged } = await judgeUnits(known, channels, conversions, 'correct');
  const { gaps, format, startTime } = recording;
  const notes = [...recording.notes, ...judged];
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
