/** Synthetic signals or recordings: from here on, training does not know which. */
import { totalmem } from 'node:os';
import {
  type BatchSource,
  Curriculum,
  type DecidedParts,
  decidedParts,
  isTrainedKind,
  type LoadedWindows,
  loadWindows,
  MODALITIES,
  type Modality,
  NO_NUMBERS,
  otherKind,
  type RecordingWindows,
  SignalError,
  type Stage,
  SyntheticDataset,
  stageEnds,
  WindowDataset,
} from '../../../data/index.ts';
import { withTargets } from '../../../workflows/pretraining/auxiliary.ts';
import { denseStride } from '../../../workflows/pretraining/dense-stride.ts';
import {
  channelsOf,
  type OpenedRecordings,
  openOptionsOf,
  openRecordings,
  secondsOf,
} from '../recordings.ts';
import { plural, type Row } from '../text.ts';
import { channelRows, comparedWith, type TrainedOn } from '../weights/trained-on.ts';
import { dataRows, type PassedOver } from './data-rows.ts';
import { type PretrainSettings, windowOptionsOf } from './options.ts';
import type { WindowStage } from './recipe-options.ts';

export interface Dataset {
  readonly source: BatchSource;
  /** What there is, what was passed over and why, for people. */
  readonly rows: readonly Row[];
  /** Files that are not used. */
  readonly passedOver: readonly PassedOver[];
  /** Ends the thread that reads, where there is one. */
  dispose(): void;
}

/**
 * Opens what the settings name.
 * @throws SignalError where there is nothing to train on.
 */
export async function openDataset(settings: PretrainSettings, from?: StartingPoint): Promise<Dataset> {
  return settings.paths.length === 0 ? synthetic(settings, from) : recordings(settings, from);
}

/** Weights that a run starts from. */
export interface StartingPoint {
  /** Undefined where they do not say it. */
  readonly trained: TrainedOn | undefined;
}

/** The lengths that are trained on; the last is measured. */
function stagesOf({ windows, window }: PretrainSettings): readonly WindowStage[] {
  return windows ?? [{ seconds: window, share: 1 }];
}

/**
 * Before recordings are cut by each length, which can take hours.
 * @throws SignalError where one of the lengths would not be trained on.
 */
export function requireStages(settings: PretrainSettings): void {
  stageEnds(
    stagesOf(settings).map(({ share }) => share),
    settings.steps,
  );
}

/** One source of all stages, in their order, with what the heads are to predict. */
function sourceOf(settings: PretrainSettings, sources: readonly BatchSource[]): BatchSource {
  const stages: Stage[] = [];
  for (const [i, { share }] of stagesOf(settings).entries())
    stages.push({ source: withTargets(sources[i] as BatchSource, settings.auxiliary), share });
  const [only, ...others] = stages as [Stage, ...Stage[]];
  if (others.length === 0) return only.source;
  return new Curriculum(stages, settings.steps, settings.accumulation);
}

async function synthetic(settings: PretrainSettings, from: StartingPoint | undefined): Promise<Dataset> {
  const { seed, batchSize, modality, turns } = settings;
  const all = new SyntheticDataset({ seed, batchSize });
  const channels = all.describe().channels as Readonly<Record<Modality, number>>;
  const chosen = {
    ...(modality && { channels: { [modality]: channels[modality] } }),
    ...(turns && { turns }),
  };
  const stages = stagesOf(settings);
  const sources = stages.map(({ seconds }) => new SyntheticDataset({ seed, batchSize, seconds, ...chosen }));
  const modalities = modality ? [modality] : MODALITIES;
  const contract = from?.trained?.contract;
  const other = contract && modalities.find((name) => !isTrainedKind(contract, name));
  if (other && !settings.otherKinds)
    throw new SignalError(`The generated signal ${otherKind(other, contract)}`);
  const kinds = modalities.map((name) => `${name} ${channels[name]}`);
  const lengths = stages.map(({ seconds }) => seconds).join(', then ');
  return {
    source: sourceOf(settings, sources),
    dispose: () => {},
    passedOver: [],
    rows: [
      [
        'data',
        `synthetic signals of seed ${seed}, windows of ${lengths} s at 200 Hz, each of them new; channels: ${kinds.join(', ')}`,
      ],
    ],
  };
}

interface Cut {
  readonly seconds: number;
  readonly stride: number | undefined;
  readonly loaded: LoadedWindows;
  readonly source: WindowDataset;
}

async function recordings(settings: PretrainSettings, from: StartingPoint | undefined): Promise<Dataset> {
  const { paths } = settings;
  const opened = await openRecordings(paths, openOptionsOf(settings));
  const stages = stagesOf(settings);
  const own = [...opened.entries].find(([, { window }]) => window !== undefined);
  if (stages.length > 1 && own)
    throw new SignalError(
      `${own[0]}: has a window length of its own, ${own[1].window} s; --windows is for recordings without.`,
    );
  const reading = { opened, settings, trained: from?.trained, splits: partsOf(opened, settings) };
  const last = await cut(reading, stages.at(-1) as WindowStage);
  const named = new Set(paths.map((path) => path.replaceAll('\\', '/')));
  const unfit = last.loaded.skipped.find(({ path }) => named.has(path));
  if (unfit) throw new SignalError(`${unfit.path}: ${unfit.reason}`);
  for (const recording of opened.recordings)
    if (named.has(recording.name)) requireValues(recording.name, last.loaded);
  const cuts: Cut[] = [];
  for (const stage of stages.slice(0, -1)) cuts.push(await cut(reading, stage, [...cuts, last]));
  cuts.push(last);
  // What one of the lengths can use is not passed over.
  const used = new Map(cuts.flatMap(({ loaded }) => loaded.recordings.map((one) => [one.name, one])));
  const passedOver = [...opened.skipped, ...last.loaded.skipped.filter(({ path }) => !used.has(path))];
  return {
    source: sourceOf(
      settings,
      cuts.map(({ source }) => source),
    ),
    passedOver,
    rows: [
      ...dataRows(last.source, last.loaded, passedOver, { ...settings, stride: last.stride }),
      ...(from ? channelRows([...used.values()], from.trained) : []),
      ...cuts
        .slice(0, -1)
        .map(
          ({ seconds, source }): Row => [
            '  before',
            `${windowsOf(source)} of ${seconds} s of the same recordings, without held-out windows`,
          ],
        ),
      ...cuts.flatMap(({ seconds, stride, loaded }): Row[] =>
        settings.dense && stride !== undefined && loaded.recordings.some((one) => overlaps(one, seconds))
          ? [
              [
                '  stride',
                `windows of ${seconds} s begin every ${stride} s, since there are few recordings (--stride ${seconds} disables the overlap)`,
              ],
            ]
          : [],
      ),
    ],
    dispose: () => {},
  };
}

/** Whether any two windows do: those of a table of one window a row cannot, whatever the stride. */
const overlaps = ({ starts }: RecordingWindows, seconds: number): boolean =>
  starts.some((start, i) => i > 0 && start - (starts[i - 1] as number) < seconds * (1 - 1e-6));

function windowsOf(source: WindowDataset): string {
  const { groups } = source.describe() as { groups: readonly { trainWindows: number }[] };
  return plural(
    groups.reduce((sum, { trainWindows }) => sum + trainWindows, 0),
    'window',
  );
}

interface Reading {
  readonly opened: OpenedRecordings;
  readonly settings: PretrainSettings;
  readonly trained: TrainedOn | undefined;
  readonly splits: DecidedParts | undefined;
}

/** Windows of one length. `others`: those cut already, the last of which says what is held out, and whose memory is taken. */
async function cut(
  { opened, settings, trained, splits }: Reading,
  { seconds }: WindowStage,
  others: readonly Cut[] = [],
): Promise<Cut> {
  const trainedOn = opened.recordings.filter(({ name }) => (splits?.parts.get(name) ?? 'train') === 'train');
  const stride = settings.dense ? denseStride(trainedOn, seconds) : settings.stride;
  const taken = others.flatMap(({ loaded }) =>
    loaded.recordings.map(({ signal }) => signal?.byteLength ?? 0),
  );
  // The rest is for the program, the device and everybody else on the machine.
  const budget = settings.memory === undefined ? totalmem() / 2 : settings.memory * 1e9;
  const loaded = await loadWindows(opened.recordings, {
    ...windowOptionsOf({ ...settings, window: seconds }),
    ...comparedWith(trained, settings),
    ...channelsOf(opened, settings.channels),
    ...secondsOf(opened),
    // Recordings with a length of their own have it for a reason, such as a table of one window a row.
    strideOf: ({ name }) => (opened.entries.get(name)?.window === undefined ? stride : undefined),
    maximumBytes: Math.max(
      0,
      taken.reduce((left, bytes) => left - bytes, budget),
    ),
  });
  const apartFrom = others.at(-1)?.source;
  const source = new WindowDataset(loaded.recordings, {
    seed: settings.seed,
    batchSize: settings.batchSize,
    drawing: settings.draw,
    ...(splits ? { splits } : apartFrom ? { apartFrom } : { heldOutFraction: settings.heldOut }),
  });
  return { seconds, stride, loaded, source };
}

/** Parts of recordings, the same whatever their windows are. */
function partsOf({ recordings, entries }: OpenedRecordings, { heldOut, seed }: PretrainSettings) {
  const assignable = recordings.map((recording) => {
    const { split, seconds } = entries.get(recording.name) ?? {};
    return { ...recording, ...(split && { split }), ...(seconds !== undefined && { seconds }) };
  });
  return decidedParts(assignable, heldOut, seed);
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
    `${file}: the channel "${empty.label}" ${NO_NUMBERS}; name the channels to use, without it: --channels ${cut?.labels.join(',')}.`,
  );
}
