/** Synthetic signals or recordings: from here on, training does not know which. */
import { totalmem } from 'node:os';
import {
  type BatchSource,
  type LoadedWindows,
  loadWindows,
  MODALITIES,
  type Modality,
  NO_NUMBERS,
  SignalError,
  SyntheticDataset,
  WindowDataset,
} from '../../data/index.ts';
import { channelsOf, openOptionsOf, openRecordings, secondsOf, splitsOf } from '../recordings.ts';
import type { Row } from '../text.ts';
import { dataRows, type PassedOver } from './data-rows.ts';
import { type PretrainSettings, windowOptionsOf } from './options.ts';

export interface Dataset {
  readonly source: BatchSource;
  /** What there is, what was passed over and why, for people. */
  readonly rows: readonly Row[];
  /** Files that are not used. */
  readonly passedOver: readonly PassedOver[];
  /** Ends the thread that reads, where there is one. */
  close(): void;
}

/**
 * Opens what the settings name.
 * @throws SignalError where there is nothing to train on.
 */
export async function openDataset(settings: PretrainSettings): Promise<Dataset> {
  return settings.paths.length === 0 ? synthetic(settings) : recordings(settings);
}

function synthetic({ seed, batchSize, window, modality }: PretrainSettings): Dataset {
  const all = new SyntheticDataset({ seed, batchSize, seconds: window });
  const channels = all.describe().channels as Readonly<Record<Modality, number>>;
  const source = modality
    ? new SyntheticDataset({ seed, batchSize, seconds: window, channels: { [modality]: channels[modality] } })
    : all;
  const kinds = (modality ? [modality] : MODALITIES).map((name) => `${name} ${channels[name]}`);
  return {
    source,
    close: () => {},
    passedOver: [],
    rows: [
      [
        'data',
        `synthetic signals of seed ${seed}, windows of ${window} s at 200 Hz, each of them new; channels: ${kinds.join(', ')}`,
      ],
    ],
  };
}

async function recordings(settings: PretrainSettings): Promise<Dataset> {
  const { paths, channels } = settings;
  const opened = await openRecordings(paths, openOptionsOf(settings));
  const loaded = await loadWindows(opened.recordings, {
    ...windowOptionsOf(settings),
    ...channelsOf(opened, channels),
    ...secondsOf(opened),
    // The rest is for the program, the device and everybody else on the machine.
    maximumBytes: settings.memory === undefined ? totalmem() / 2 : settings.memory * 1e9,
  });
  const named = new Set(paths.map((path) => path.replaceAll('\\', '/')));
  const unfit = loaded.skipped.find(({ path }) => named.has(path));
  if (unfit) throw new SignalError(`${unfit.path}: ${unfit.reason}`);
  for (const recording of opened.recordings)
    if (named.has(recording.name)) requireValues(recording.name, loaded);
  const splits = splitsOf(opened);
  const source = new WindowDataset(loaded.recordings, {
    seed: settings.seed,
    batchSize: settings.batchSize,
    drawing: settings.draw,
    ...(splits ? { splits } : { heldOutFraction: settings.heldOut }),
  });
  const passedOver = [...opened.skipped, ...loaded.skipped];
  return { source, passedOver, rows: dataRows(source, loaded, passedOver, settings), close: () => {} };
}

/**
 * A channel without a single value is passed over in a folder. In a file that was named it is more likely to be a
 * mistake (a wrong column, a failed export) that should not go by in a line of the log.
 */
function requireValues(file: string, { recordings }: LoadedWindows): void {
  const cut = recordings.find(({ name }) => name === file);
  const empty = cut?.leftOut.find(({ reason }) => reason === NO_NUMBERS);
  if (!empty) return;
  throw new SignalError(
    `${file}: the channel "${empty.label}" ${NO_NUMBERS}; name the channels to use without it: --channels ${cut?.labels.join(',')}.`,
  );
}
