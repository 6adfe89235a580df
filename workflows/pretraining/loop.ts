/** The training loop of the command and of the page. It knows neither files nor terminals nor elements: it reports by calls. */
import type { BatchSource, SignalBatch } from '../../data/index.ts';
import type { Pretrainer, Update, UpdateResult } from '../../model/index.ts';
import { DivergedError } from './diverged.ts';
import { windowsAtFault } from './why-not-finite.ts';

/** As much of the trainer as the loop needs. */
export type Trainer = Pick<Pretrainer, 'step' | 'train'>;

/** What one step comes to; a line of `metrics.jsonl`. For one seed and device everything but `seconds` is the same in every run. */
export interface StepRecord {
  readonly step: number;
  /** Mean squared error of the reconstruction; predicting zero gives about 1. */
  readonly loss: number;
  /** Mean squared error of each auxiliary head, where there are any. */
  readonly auxiliary?: Readonly<Record<string, number>>;
  readonly learningRate: number;
  /** Before clipping; null where gradients did not fit f16 and the update was left out. */
  readonly gradNorm: number | null;
  /** Where the windows came from; several names with + between them. */
  readonly source: string;
  /** Windows that the step learned from. */
  readonly samples: number;
  /** Of training, since the start of the run, without the time between its parts. */
  readonly seconds: number;
}

export interface LoopOptions {
  readonly trainer: Trainer;
  readonly source: Pick<BatchSource, 'trainBatch'>;
  /** Updates of the whole run, those before it was resumed included. */
  readonly steps: number;
  readonly accumulation: number;
  /** Steps between checkpoints. */
  readonly checkpointEvery: number;
  /** Seconds of training after which a checkpoint is due even if its step is not. */
  readonly checkpointSeconds: number;
  /** Seconds of training so far. */
  readonly clock: () => number;
  /** Whether a checkpoint is due besides, whatever its step and time. */
  readonly isWanted?: () => boolean;
  /** Aborts after the step under way, with a checkpoint. */
  readonly signal: AbortSignal;
  readonly onStep: (record: StepRecord) => void;
  /** Called between two steps, which wait for it. */
  readonly between?: () => Promise<void>;
  /** Called when all steps so far were finite and reported. */
  readonly onCheckpoint: () => Promise<void>;
  readonly advice: TrainingAdvice;
}

/** What a person can do, in the words of the door: sentences without their full stop, for the ends of errors. */
export interface TrainingAdvice {
  /** Where training diverged. */
  readonly diverged: string;
  /** Where the first loss is not finite, though its windows can be normalised. */
  readonly fromTheStart: string;
}

/** From the largest loss scale to the smallest: gradients that overflow more often in a row fit at none. */
const MAX_OVERFLOWS = 32;

/** Results are read this many steps late, so that the device always has work while they travel. */
const LATENCY = 3;

/**
 * Trains until all steps are done ('finished') or the signal comes ('interrupted'); a checkpoint is made either way.
 * @throws DivergedError when a loss is not finite; nothing after the last checkpoint is kept then.
 */
export async function trainLoop(options: LoopOptions): Promise<'finished' | 'interrupted'> {
  const { trainer, source, steps, accumulation, checkpointEvery, checkpointSeconds, signal } = options;
  const pending: { update: Update; batches: readonly SignalBatch[] }[] = [];
  let saved = trainer.step;
  let savedAt = options.clock();
  let proven = false;
  let overflows = 0;

  async function report(): Promise<void> {
    const next = pending.shift();
    if (!next) return;
    const { step, learningRate, samples, result } = next.update;
    const update = await result;
    overflows = update.overflowed ? overflows + 1 : 0;
    requireFinite(step, update, overflows, next.batches, options.advice);
    const { loss, auxiliary, overflowed } = update;
    const gradNorm = overflowed ? null : update.gradNorm;
    options.onStep({
      step,
      loss,
      ...(Object.keys(auxiliary).length > 0 && { auxiliary }),
      learningRate,
      gradNorm,
      source: sourcesOf(next.batches),
      samples,
      seconds: options.clock(),
    });
  }

  async function save(): Promise<void> {
    while (pending.length > 0) await report();
    if (trainer.step === saved) return;
    await options.onCheckpoint();
    saved = trainer.step;
    savedAt = options.clock();
  }

  while (trainer.step < steps && !signal.aborted) {
    const first = trainer.step * accumulation;
    const batches = await Promise.all(
      Array.from({ length: accumulation }, (_, i) => source.trainBatch(first + i)),
    );
    pending.push({ update: await trainer.train(batches), batches });
    // The first result is awaited at once: what cannot work on this device shows before anything is written.
    if (pending.length > LATENCY || !proven) await report();
    proven = true;
    await options.between?.();
    const due = options.clock() - savedAt >= checkpointSeconds || options.isWanted?.();
    if (due || trainer.step % checkpointEvery === 0) await save();
  }
  await save();
  return trainer.step < steps ? 'interrupted' : 'finished';
}

function requireFinite(
  step: number,
  { loss, gradNorm }: UpdateResult,
  overflows: number,
  batches: readonly SignalBatch[],
  advice: TrainingAdvice,
): void {
  const harmless = overflows > 0 && overflows <= MAX_OVERFLOWS;
  if (Number.isFinite(loss) && (Number.isFinite(gradNorm) || harmless)) return;
  const what = Number.isFinite(loss)
    ? `The gradient norm of step ${step} is ${gradNorm}`
    : `The loss of step ${step} is ${loss}`;
  const fault = windowsAtFault(batches);
  if (fault !== undefined)
    throw new DivergedError(
      `${what}: ${fault}. The recording is at fault, not the learning rate; leave it out or repair it.`,
    );
  // The loss of the first step is of the weights that the run began with.
  if (step === 1 && !Number.isFinite(loss))
    throw new DivergedError(
      `${what}, before any update, though its windows can be normalised: ${advice.fromTheStart}.`,
    );
  throw new DivergedError(`${what}: training has diverged; ${advice.diverged}.`);
}

function sourcesOf(batches: readonly SignalBatch[]): string {
  return [...new Set(batches.map(({ source }) => source))].join('+');
}
