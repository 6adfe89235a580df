/** One run from its folder to its outcome. */

import {
  type ChannelContract,
  contractMetadata,
  contractOf,
  MODEL_RATE,
  packedContract,
  windowSeconds,
} from '../../data/index.ts';
import { type Engine, openEngine } from '../../engine/index.ts';
import { type Pretrainer, paddedLength, SIZES } from '../../model/index.ts';
import { DivergedError } from '../../workflows/pretraining/diverged.ts';
import { type StepRecord, type TrainingAdvice, trainLoop } from '../../workflows/pretraining/loop.ts';
import { CommandError, UsageError } from '../common/errors.ts';
import { type RunConfig, readConfig, resumedSettings, writeConfig } from '../common/run/config.ts';
import { appendRecord, cutBack, readRecords } from '../common/run/metrics.ts';
import { compare, measure, type SourceOutcome } from '../common/run/outcome.ts';
import { RUN_FILES, RunFolder, type RunMode } from '../common/run/run-folder.ts';
import { plural, type Row, showCount, showDuration } from '../common/text.ts';
import { type Dataset, openDataset, requireStages } from '../common/training/dataset.ts';
import {
  readStart,
  type Start,
  type StartedFrom,
  startFrom,
  trainedBefore,
} from '../common/training/from.ts';
import { type PretrainSettings, windowOptionsOf } from '../common/training/options.ts';
import { openInThread } from '../common/training/reader.ts';
import { auxiliaryInWords } from '../common/training/recipe-options.ts';
import { createTrainer } from '../common/training/trainer.ts';
import { version } from '../common/version.ts';
import { loadCheckpoint, type RunState, saveCheckpoint, whatIsLeft } from './checkpoint.ts';
import { leaveOutcome } from './leave.ts';

export interface PretrainJob {
  readonly settings: PretrainSettings;
  /** Names of the options that were spelled out. */
  readonly given: ReadonlySet<string>;
  readonly out: string | undefined;
  readonly mode: RunMode;
  readonly adapter: string;
  /** Weights of `hf:` are taken from the cache alone. */
  readonly offline?: boolean;
  readonly signal: AbortSignal;
  /** Is notified of progress, for people only. */
  readonly observer: RunObserver;
}

export interface RunObserver {
  rows(rows: readonly Row[]): void;
  /** Training starts or resumes. */
  training(steps: number): void;
  step(record: StepRecord): void;
  trained(): void;
  /** The losses are being compared with baselines; `part` of that is done. */
  comparing(part: number): void;
  compared(): void;
}

/** Prints nothing. */
export const SILENT: RunObserver = {
  rows() {},
  training() {},
  step() {},
  trained() {},
  comparing() {},
  compared() {},
};

export interface RunResult {
  readonly path: string;
  /** Updates done, of how many. */
  readonly step: number;
  readonly steps: number;
  /** Undefined where the run was interrupted. */
  readonly outcomes: ReadonlyMap<string, SourceOutcome> | undefined;
  readonly settings: PretrainSettings;
}

/**
 * Does the whole job. Nothing is written before the first step has worked on the device: a run that fails before
 * leaves nothing behind, and one that fails later leaves its config, its metrics and its last checkpoint.
 */
export async function runPretraining(job: PretrainJob): Promise<RunResult> {
  const folder = RunFolder.open({ verb: 'pretrain', out: job.out, mode: job.mode });
  let engine: Engine | undefined;
  let dataset: Dataset | undefined;
  try {
    const earlier = job.mode === 'resume' ? readConfig(folder) : undefined;
    const settings = earlier ? resumedSettings(earlier, job.settings, job.given) : job.settings;
    requireStages(settings);
    const start =
      earlier || settings.from === undefined
        ? undefined
        : await readStart(settings.from, settings, { offline: job.offline ?? false });
    const from = earlier?.from
      ? { trained: trainedBefore(earlier.from, folder.file(RUN_FILES.config)) }
      : start && { trained: start.trained };
    engine = await openEngine({ adapter: job.adapter });
    job.observer.rows([
      ['adapter', `${engine.device.description} (${engine.device.kind})`],
      ['why', engine.device.why],
    ]);
    dataset = await (settings.paths.length === 0
      ? openDataset(settings, from)
      : openInThread(job.signal, settings, from));
    return await trainAndMeasure(job, { folder, engine, settings, dataset, earlier, start });
  } catch (error) {
    folder.discard();
    if (!job.signal.aborted || error !== job.signal.reason) throw error;
    const { settings } = job;
    return { path: folder.path, step: 0, steps: settings.steps, outcomes: undefined, settings };
  } finally {
    dataset?.dispose();
    engine?.dispose();
  }
}

/** What training that fails may need. */
const ADVICE: TrainingAdvice = {
  diverged: 'start again with a smaller --learning-rate or --clip',
  fromTheStart: 'a smaller --learning-rate does not help; try --precision f32 or --adapter software',
};

interface Opened {
  readonly folder: RunFolder;
  readonly engine: Engine;
  readonly settings: PretrainSettings;
  readonly dataset: Dataset;
  readonly earlier: RunConfig | undefined;
  /** The weights that a new run starts from, if it does. */
  readonly start: Start | undefined;
}

async function trainAndMeasure(job: PretrainJob, opened: Opened): Promise<RunResult> {
  const { folder, engine, settings, dataset, earlier, start } = opened;
  const { observer, signal } = job;
  const { description: adapter, kind: adapterKind } = engine.device;
  const contract = contractOfRun(dataset, settings);
  const from = earlier ? earlier.from : start?.from;
  const trainer = createTrainer(engine, settings, dataset.source.describe());
  if (start) startFrom(start, trainer);
  const config: RunConfig = {
    spotr: version(),
    settings,
    adapter,
    parameters: trainer.parameterCount,
    data: dataset.source.describe(),
    passedOver: dataset.passedOver,
    contract: packedContract(contract),
    ...(from && { from }),
  };
  const state = earlier ? takeUp(opened, trainer, config, earlier) : undefined;
  observer.rows([
    ...dataset.rows,
    ...paddingRows(settings, config),
    ...(earlier ? [] : defaultLengthRows(settings, job.given, config.data)),
    ...modelRows(opened, config),
    ...(start ? [start.row] : []),
    ...(state ? [resumeRow(state, config)] : []),
  ]);

  const records = state ? readRecords(folder, state.step) : [];
  const started = performance.now();
  const clock = () => (state?.seconds ?? 0) + Math.round(performance.now() - started) / 1000;
  let begun = false;
  let saved = state?.step;
  observer.training(settings.steps);
  const end = await trainLoop({
    trainer,
    source: dataset.source,
    steps: settings.steps,
    accumulation: settings.accumulation,
    checkpointEvery: settings.checkpointEvery,
    checkpointSeconds: 60 * settings.checkpointMinutes,
    clock,
    signal,
    advice: ADVICE,
    onStep: (record) => {
      if (!begun) {
        folder.begin();
        writeConfig(folder, config);
        cutBack(folder, records);
        begun = true;
      }
      records.push(record);
      appendRecord(folder, record);
      observer.step(record);
    },
    onCheckpoint: async () => {
      const { step } = trainer;
      await saveCheckpoint(folder, trainer, { step, seconds: clock(), adapter }, aboutOf(config, contract));
      saved = step;
    },
  }).catch((error: unknown) => {
    observer.trained();
    if (error instanceof DivergedError)
      throw new DivergedError(`${error.message} ${whatIsLeft(folder, saved)}`);
    // Errors of the engine and the system keep their kind and their words, so what is left is said before them.
    if (begun) observer.rows([['stopped', whatIsLeft(folder, saved)]]);
    throw error;
  });
  observer.trained();

  const result = { path: folder.path, step: trainer.step, steps: settings.steps, settings };
  if (end === 'interrupted') {
    folder.discard();
    return { ...result, outcomes: undefined };
  }
  const seconds = begun ? clock() : (state?.seconds ?? 0);
  const model = SIZES[settings.size];
  const heldOut = await dataset.source.heldOut();
  const losses = await measure(trainer, heldOut, model.patch);
  const outcomes = await compare(losses, dataset.source, heldOut, {
    ...{ config: model, signal },
    onPart: (part) => observer.comparing(part),
  })
    .catch((error: unknown) => {
      if (!signal.aborted || error !== signal.reason) throw error;
      return undefined;
    })
    .finally(() => observer.compared());
  // Everything but the outcome is saved: resuming evaluates again.
  if (!outcomes) return { ...result, outcomes };
  const finished = {
    settings,
    records,
    outcomes,
    adapter,
    adapterKind,
    parameters: trainer.parameterCount,
    seconds,
    gpuBytes: engine.memory.peak,
    resumedFrom: state?.step,
  };
  leaveOutcome(folder, finished, config);
  return { ...result, outcomes };
}

/** Restores the trainer from the last checkpoint, if the data and settings are those of the run. */
function takeUp(
  { folder, settings }: Opened,
  trainer: Pretrainer,
  config: RunConfig,
  earlier: RunConfig,
): RunState {
  if (JSON.stringify(config.data) !== JSON.stringify(earlier.data)) {
    throw new CommandError(
      `The recordings are not those on which the run in "${folder.path}" was started (its ${RUN_FILES.config} describes them); restore them, or start a new run.`,
    );
  }
  const state = loadCheckpoint(folder, trainer);
  if (state.step > settings.steps) {
    throw new UsageError(
      `--steps is ${settings.steps}, but the run in "${folder.path}" has done ${state.step} already; give more.`,
    );
  }
  if (state.step === settings.steps && folder.has(RUN_FILES.summary)) {
    throw new UsageError(
      `The run in "${folder.path}" is complete with ${plural(state.step, 'step')}; to train longer, give more --steps.`,
    );
  }
  return state;
}

function resumeRow(state: RunState, { adapter, settings }: RunConfig): Row {
  const other =
    state.adapter === adapter ? '' : `; on ${state.adapter} before, so results differ by rounding`;
  return [
    'resumed',
    `after step ${state.step} of ${settings.steps}, ${showDuration(state.seconds)} of training${other}`,
  ];
}

/** A note where PPG is cut at the default length, which has one beat and no rhythm. */
export function defaultLengthRows(
  { paths, window }: Pick<PretrainSettings, 'paths' | 'window'>,
  given: ReadonlySet<string>,
  { groups }: RunConfig['data'],
): Row[] {
  if (paths.length === 0 || given.has('window') || given.has('windows') || !Array.isArray(groups)) return [];
  // A table may have a length of its windows of its own.
  const samples = Math.round(window * MODEL_RATE);
  const isPpg = (group: { source?: unknown; samples?: unknown }) =>
    group.source === 'ppg' && group.samples === samples;
  if (!groups.some(isPpg)) return [];
  return [
    [
      '  note',
      `windows are of ${window} s, as long as one is by default: of PPG that is about one heartbeat, so the token cannot represent the rhythm; --window 10 holds about ten`,
    ],
  ];
}

/** Part of a padded window; where more of it than this is zeros, the losses say less than they seem to. */
const MAX_PADDING = 1 / 3;

function paddingRows({ size }: PretrainSettings, { data }: RunConfig): Row[] {
  return windowSeconds(data).flatMap((seconds): Row[] => {
    const samples = Math.round(seconds * MODEL_RATE);
    const { length } = paddedLength(samples, SIZES[size]);
    const padding = (length - samples) / length;
    if (padding <= MAX_PADDING) return [];
    const percent = Math.round(100 * padding);
    return [
      [
        '  note',
        `windows of ${seconds} s are zero-padded to ${length / MODEL_RATE} s: ${percent} % of the reconstruction target is padding, and predicting zero has a loss of ${(1 - padding).toFixed(2)} instead of 1; choose a --window of whole seconds`,
      ],
    ];
  });
}

function modelRows({ folder, settings, earlier }: Opened, { parameters, from }: RunConfig): Row[] {
  const {
    size,
    compaction,
    conditioning,
    precision,
    steps,
    batchSize,
    accumulation,
    learningRate,
    schedule,
    seed,
  } = settings;
  const { recipe, positionInit, weightInit, auxiliary } = settings;
  const { encoderDim, decoderDim, encoderLayers, decoderLayers } = SIZES[size];
  const batches = accumulation === 1 ? '' : ` x ${accumulation}`;
  const stretched =
    earlier && earlier.settings.steps !== steps && schedule !== 'constant'
      ? `; the schedule was planned for ${earlier.settings.steps} steps before`
      : '';
  return [
    [
      'model',
      `${size}: ${showCount(parameters)} parameters, encoder ${encoderDim} wide with ${encoderLayers} layers, renderer ${decoderDim} with ${decoderLayers}, ${compaction === 'none' ? 'flattened patches instead of the compactor, ' : ''}conditioning ${conditioning}${precision === 'f32' ? '' : `, stored as ${precision}`}`,
    ],
    [
      'training',
      `${plural(steps, 'step')} of ${batchSize}${batches} windows, learning rate ${learningRate} (${schedule}), seed ${seed}${stretched}`,
    ],
    [
      'recipe',
      `${recipe}: ${beginningInWords({ positionInit, weightInit }, from)}, auxiliary heads ${auxiliaryInWords(auxiliary)}`,
    ],
    ['folder', folder.path],
  ];
}

/** Where the first values of the weights come from: the initialisation of what is taken over is not used. */
export function beginningInWords(
  { positionInit, weightInit }: Pick<PretrainSettings, 'positionInit' | 'weightInit'>,
  from: Pick<StartedFrom, 'weights' | 'decoder'> | undefined,
): string {
  const drawn = `positions ${positionInit}, weights ${weightInit}`;
  if (!from) return drawn;
  const taken = `positions and weights of ${from.weights}`;
  return from.decoder === null ? `${taken} for the encoder, for the renderer ${drawn}` : taken;
}

/** What the weights are going to have been trained on. */
function contractOfRun({ source }: Dataset, settings: PretrainSettings): ChannelContract {
  const { bandPass, detrend } = settings;
  const isGenerated = settings.paths.length === 0;
  const { mains } = windowOptionsOf(settings);
  return contractOf(source.montages(), {
    // What is generated is trained on as it comes.
    ...(isGenerated ? {} : { bandPass, detrend, mains }),
  });
}

/** Goes into the checkpoint's metadata, so that a file away from its folder still says what it is. */
function aboutOf({ settings }: RunConfig, contract: ChannelContract): Record<string, string> {
  const { size, compaction, conditioning, seed } = settings;
  return {
    model: 'spotr',
    size,
    compaction,
    conditioning,
    patch: String(SIZES[size].patch),
    ...contractMetadata(contract),
    seed: String(seed),
  };
}
