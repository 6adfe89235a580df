/** What a BIDS dataset says of a recording beside its file: subject, modality, channels, mains, events. */
import { declaredKind } from '../channels/declared.ts';
import type { FileEntry, FileSet } from '../formats/format.ts';
import type { Annotation, ChannelInfo, Modality, Recording } from '../recording.ts';
import { type BidsName, bidsName } from './names.ts';
import { nameOf, readJson, readTsv } from './sidecar-files.ts';
import { bidsRoot, sidecars } from './tree.ts';

const MODALITIES: readonly string[] = ['eeg', 'ieeg', 'ecg', 'ppg'];
/** A rate may differ by this part of it before the two files contradict each other. */
const RATE_TOLERANCE = 1e-3;
const LONGEST_REASON = 80;

/**
 * The recording with what the files of its dataset add; as it was where it lies in none. The subject is that of the file
 * name; of participants.tsv nothing is read. What contradicts the file, or cannot be read, is said in its notes.
 */
export async function withBids(recording: Recording, entry: FileEntry, files: FileSet): Promise<Recording> {
  const name = bidsName(entry.path);
  const root = name && bidsRoot(entry.path, files);
  const subject = name?.entities.get('sub');
  if (!name || root === undefined || subject === undefined) return recording;
  const notes = [...recording.notes];
  const find = (suffix: string, extension: string) => sidecars(name, root, files, suffix, extension);
  const facts = await readJson(find(name.suffix, '.json'), notes);
  const channels = await describedChannels(recording.channels, find('channels', '.tsv').at(-1), notes);
  const modality = modalityOf(name);
  const mains = facts.PowerLineFrequency;
  noteRate(facts.SamplingFrequency, channels, notes);
  const events = find('events', '.tsv').at(-1);
  return {
    ...recording,
    subject: `sub-${subject}`,
    ...(modality ? { modality } : {}),
    ...(typeof mains === 'number' && mains > 0 ? { mains } : {}),
    channels,
    notes,
    ...(events ? { annotations: () => eventsOf(events) } : {}),
  };
}

/** Of the suffix, or of the folder that it lies in. */
function modalityOf({ suffix, folder }: BidsName): Modality | undefined {
  const datatype = folder.split('/').at(-2) ?? '';
  return [suffix, datatype].find((word) => MODALITIES.includes(word)) as Modality | undefined;
}

/** By name, or by place where names are not unique or spelt otherwise but the counts agree. */
async function describedChannels(
  channels: readonly ChannelInfo[],
  entry: FileEntry | undefined,
  notes: string[],
): Promise<readonly ChannelInfo[]> {
  const rows = await readTsv(entry, 'name', notes);
  if (!rows || !entry) return channels;
  const names = rows.map((row) => row.get('name') ?? '');
  const isUnique = new Set(names).size === names.length;
  const byName = new Map(rows.map((row, i) => [(names[i] as string).toLowerCase(), row]));
  const unknown: string[] = [];
  const described = channels.map((channel, i) => {
    const row = isUnique ? byName.get(channel.label.toLowerCase()) : rows[i];
    if (row) return describedChannel(channel, row);
    unknown.push(channel.label);
    return channel;
  });
  if (unknown.length > 0) notes.push(`${nameOf(entry)} does not describe ${unknown.slice(0, 8).join(', ')}`);
  return described;
}

function describedChannel(channel: ChannelInfo, row: ReadonlyMap<string, string>): ChannelInfo {
  const kind = declaredKind(row.get('type'));
  const why = row.get('status_description')?.slice(0, LONGEST_REASON);
  const isBad = row.get('status')?.toLowerCase() === 'bad';
  return {
    ...channel,
    // The file's own unit is that of its numbers.
    unit: channel.unit || (row.get('units') ?? ''),
    ...(kind ? { kind } : {}),
    ...(isBad ? { bad: `is marked bad in channels.tsv${why ? ` (${why})` : ''}` } : {}),
  };
}

function noteRate(declared: unknown, channels: readonly ChannelInfo[], notes: string[]): void {
  if (typeof declared !== 'number' || channels.length === 0) return;
  if (channels.some(({ rate }) => Math.abs(rate - declared) <= RATE_TOLERANCE * declared)) return;
  notes.push(`its JSON file says ${declared} Hz, the file ${channels[0]?.rate} Hz; the file's rate is used`);
}

async function eventsOf(entry: FileEntry): Promise<Annotation[]> {
  const rows = (await readTsv(entry, 'onset', [])) ?? [];
  return rows.flatMap((row): Annotation[] => {
    const [onset, duration] = [Number(row.get('onset') ?? Number.NaN), Number(row.get('duration') ?? 0)];
    if (!Number.isFinite(onset)) return [];
    const text = row.get('trial_type') ?? row.get('value') ?? 'event';
    return [{ onset, duration: Number.isFinite(duration) ? duration : 0, text }];
  });
}
