/** Training that can be paused, and says how it goes. */
import type { BatchSource } from '../../data/index.ts';
import { heldOutLosses, type Losses, withYardsticks, yardsticksOf } from '../../workflows/index.ts';
import { type TrainingAdvice, trainLoop } from '../../workflows/pretraining/loop.ts';
import type { Progress, Shown, StepTold } from '../messages.ts';
import type { Model } from './model.ts';

/** Steps that are shown as soon as they are known: a person who pressed the button looks. */
const SHOWN_AT_ONCE = 3;
/** Milliseconds between what is told: as often as eyes follow. */
const TELL_EVERY = 200;
const PREVIEW_EVERY = 2500;
const KEEP_EVERY = 60_000;
/** Before the first time: a device that is lost early is lost in the first steps. */
const KEEP_FIRST = 10_000;
/** Steps that the speed is measured over. */
const RECENT = 40;

const ADVICE: TrainingAdvice = {
  diverged: 'start again with a smaller learning rate',
  fromTheStart: 'a smaller learning rate does not help; try another browser or graphics card',
};

export interface RunListener {
  progress(progress: Progress): void;
  previews(step: number, shown: readonly Shown[]): void;
  /** All steps so far were finite. */
  keep(): Promise<void>;
}

export interface RunOptions {
  readonly model: Model;
  readonly source: BatchSource;
  readonly previews: readonly Preview[];
  /** Of training before. */
  readonly seconds: number;
  readonly told: readonly StepTold[];
  readonly listener: RunListener;
}

/** A held-out window that is shown while the model learns. */
export interface Preview {
  readonly title: string;
  readonly labels: readonly string[];
  readonly data: Float32Array<ArrayBuffer>;
  readonly shape: readonly [channels: number, samples: number];
}

export class Run {
  readonly told: StepTold[];
  readonly model: Model;
  readonly source: BatchSource;
  readonly #options: RunOptions;
  #pausing = new AbortController();
  #keepSoon = false;
  #seconds: number;
  #fresh: StepTold[] = [];
  #recent: { at: number; samples: number }[] = [];

  constructor(options: RunOptions) {
    this.#options = options;
    this.model = options.model;
    this.source = options.source;
    this.told = [...options.told];
    this.#seconds = options.seconds;
  }

  /** Of training. */
  get seconds(): number {
    return this.#seconds;
  }

  pause(): void {
    this.#pausing.abort();
  }

  /** Keeps it at the next step, whenever it was kept last. */
  keepSoon(): void {
    this.#keepSoon = true;
  }

  /**
   * Resolves when it is paused, or all steps are done; it is kept then.
   * @throws DivergedError
   */
  async train(): Promise<'paused' | 'finished'> {
    const { model, source, listener } = this.#options;
    const { trainer, settings } = model;
    this.#pausing = new AbortController();
    this.#recent = [];
    const before = this.#seconds;
    const began = performance.now();
    let [toldAt, shownAt, keptAt] = [began, began, began + KEEP_FIRST - KEEP_EVERY];
    try {
      const end = await trainLoop({
        ...{ trainer, source, steps: settings.steps, accumulation: 1, advice: ADVICE },
        checkpointEvery: Number.POSITIVE_INFINITY,
        checkpointSeconds: Number.POSITIVE_INFINITY,
        clock: () => before + (performance.now() - began) / 1000,
        signal: this.#pausing.signal,
        onStep: ({ step, loss, source: from, samples, seconds }) => {
          const now = performance.now();
          this.#seconds = seconds;
          this.#recent = [...this.#recent.slice(-RECENT), { at: now, samples }];
          const one = { step, loss, source: from };
          this.told.push(one);
          this.#fresh.push(one);
          if (now - toldAt < TELL_EVERY && step > SHOWN_AT_ONCE) return;
          toldAt = now;
          this.#tell();
        },
        between: async () => {
          if (performance.now() - shownAt <= PREVIEW_EVERY) return;
          await this.preview();
          shownAt = performance.now();
        },
        isWanted: () => this.#keepSoon || performance.now() - keptAt > KEEP_EVERY,
        onCheckpoint: async () => {
          this.#keepSoon = false;
          await listener.keep();
          keptAt = performance.now();
        },
      });
      return end === 'finished' ? 'finished' : 'paused';
    } finally {
      this.#tell();
    }
  }

  /** Shows the held-out windows as the model gives them back now. */
  async preview(): Promise<void> {
    const { model, previews, listener } = this.#options;
    const shown: Shown[] = [];
    for (const { data, shape, labels, title } of previews)
      shown.push(await model.reconstruct(data, shape, labels, title));
    listener.previews(model.trainer.step, shown);
  }

  /** Losses on what is held out, source by source. */
  async measure(): Promise<Losses> {
    const { trainer, config } = this.model;
    return heldOutLosses(trainer, await this.source.heldOut(), config.patch);
  }

  /** The same beside what costs less. `pause` gives others a turn, or throws where nobody wants it any more. */
  async compare(losses: Losses, pause: (part: number) => Promise<void>): Promise<Losses> {
    const { config } = this.model;
    const heldOut = await this.source.heldOut();
    return withYardsticks(losses, await yardsticksOf(this.source, heldOut, { config, pause }));
  }

  #tell(): void {
    const { model, listener } = this.#options;
    const { steps } = model.settings;
    const [first] = this.#recent;
    const last = this.#recent.at(-1);
    const time = first && last ? (last.at - first.at) / 1000 : 0;
    const samples = this.#recent.slice(1).reduce((sum, recent) => sum + recent.samples, 0);
    const step = this.told.at(-1)?.step ?? 0;
    const left = time > 0 ? ((steps - step) * time) / (this.#recent.length - 1) : undefined;
    listener.progress({
      told: this.#fresh,
      step,
      steps,
      seconds: this.#seconds,
      rate: time > 0 ? samples / time : undefined,
      gpuBytes: model.engine.memory.reserved,
      secondsLeft: left,
    });
    this.#fresh = [];
  }
}
