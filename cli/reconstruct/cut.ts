import { totalmem } from 'node:os';
import {
  type Kinds,
  type LoadedWindows,
  loadWindows,
  type RecordingWindows,
  SignalError,
} from '../../data/index.ts';
import { droppedInWords } from '../../workflows/dropped.ts';
import { SAY_NOTHING, type Say } from '../../workflows/progress.ts';
import { shownFew } from '../common/embed/recordings.ts';
import { channelsOf, openOptionsOf, openRecordings } from '../common/recordings.ts';
import { nearPaths, plural, type Row } from '../common/text.ts';
import { windowOptionsOf } from '../common/training/options.ts';
import { channelRows, comparedWith, type TrainedOn } from '../common/weights/trained-on.ts';
import type { ReconstructValues } from './options.ts';

export interface CutRecordings {
  readonly recordings: readonly RecordingWindows[];
  /** What they hold, each kind once. */
  readonly kinds: Kinds;
  /** What there is, what was passed over and why, for people. */
  readonly rows: readonly Row[];
}

/**
 * Opens what was named and cuts it into windows; `inWords` says how, for people.
 * @throws SignalError where a file that was named gives no window, and where nothing does.
 */
export async function cutRecordings(
  paths: readonly string[],
  values: ReconstructValues,
  inWords: (kinds: Kinds) => string,
  trained: TrainedOn | undefined,
  say: Say = SAY_NOTHING,
): Promise<CutRecordings> {
  const { channels } = values;
  const opened = await openRecordings(paths, openOptionsOf(values));
  const loaded = await loadWindows(opened.recordings, {
    ...windowOptionsOf(values),
    ...comparedWith(trained, values),
    ...channelsOf(opened, channels),
    // The rest is for the program, the device and everybody else on the machine.
    maximumBytes: totalmem() / 2,
    onRecording: (done, of) => void say('cutting recordings into windows', done, of),
  });
  const unfit = loaded.skipped.find(({ path }) => paths.includes(path));
  if (unfit) throw new SignalError(`${unfit.path}: ${unfit.reason}`);
  const { recordings } = loaded;
  const kinds = [...new Set(recordings.map(({ modality }) => modality))];
  return { recordings, kinds, rows: rowsOf(loaded, opened.skipped, inWords(kinds), trained) };
}

function rowsOf(
  { recordings, skipped, dropped }: LoadedWindows,
  unread: LoadedWindows['skipped'],
  inWords: string,
  trained: TrainedOn | undefined,
): Row[] {
  const windows = recordings.reduce((sum, { shape }) => sum + shape[0], 0);
  const rows: Row[] = [
    ['data', `${plural(windows, 'window')} from ${plural(recordings.length, 'recording')}`],
    ['windows', inWords],
    ...channelRows(recordings, trained),
  ];
  const unused = droppedInWords(dropped);
  if (unused !== undefined) rows.push(['  not used', unused]);
  const leftOut = recordings.flatMap(({ name, leftOut }) =>
    leftOut.map(({ label, reason }) => `"${label}" of ${nearPaths(name)} ${reason}`),
  );
  const passedOver = [...unread, ...skipped].map(
    ({ path, reason }) => `${nearPaths(path)}: ${nearPaths(reason)}`,
  );
  rows.push(...shownFew('  left out', leftOut, 'channel'), ...shownFew('  passed over', passedOver, 'file'));
  return rows;
}
