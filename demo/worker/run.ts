/** Training that can be paused, and says how it goes. */
import type { BatchSource } from '../../data/index.ts';
import { ModelError, type Update } from '../../model/index.ts';
import { heldOutLosses, type Losses, withYardsticks, yardsticksOf } from '../../workflows/index.ts';
import type { Progress, Shown, StepTold } from '../messages.ts';
import type { Model } from './model.ts';

/** Results are read this many steps late, so that the device always has work while they travel. */
const LATENCY = 3;
/** Milliseconds between what is told: as often as eyes follow. */
const TELL_EVERY = 200;
const PREVIEW_EVERY = 2500;
const KEEP_EVERY = 60_000;
/** Before the first time: a device that is lost early is lost in the first steps. */
const KEEP_FIRST = 10_000;
/** Steps that the speed is measured over. */
const RECENT = 40;

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
  #wish: 'go on' | 'pause' = 'pause';
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
    this.#wish = 'pause';
  }

  /** Keeps it at the next step, whenever it was kept last. */
  keepSoon(): void {
    this.#keepSoon = true;
  }

  /** Resolves when it is paused, or all steps are done. @throws ModelError where training diverges. */
  async train(): Promise<'paused' | 'finished'> {
    const { model, source, listener } = this.#options;
    const { trainer, settings } = model;
    const pending: { update: Update; source: string }[] = [];
    this.#wish = 'go on';
    this.#recent = [];
    let clock = performance.now();
    let [toldAt, shownAt, keptAt] = [clock, clock, clock + KEEP_FIRST - KEEP_EVERY];
    const report = async () => {
      const next = pending.shift();
      if (!next) return;
      const { step, samples, result } = next.update;
      const { loss, gradNorm } = await result;
      if (!Number.isFinite(loss) || !Number.isFinite(gradNorm))
        throw new ModelError(
          `The loss of step ${step} is ${loss}: training has diverged; start again with a smaller learning rate.`,
        );
      const now = performance.now();
      this.#seconds += (now - clock) / 1000;
      clock = now;
      this.#recent = [...this.#recent.slice(-RECENT), { at: now, samples }];
      const one = { step, loss, source: next.source };
      this.told.push(one);
      this.#fresh.push(one);
      if (now - toldAt < TELL_EVERY && step > LATENCY) return;
      toldAt = now;
      this.#tell();
    };
    const drain = async () => {
      while (pending.length > 0) await report();
    };
    try {
      while (trainer.step < settings.steps && this.#isWanted) {
        const batch = await source.trainBatch(trainer.step);
        pending.push({ update: await trainer.train([batch]), source: batch.source });
        if (pending.length > LATENCY || trainer.step <= LATENCY) await report();
        if (performance.now() - shownAt > PREVIEW_EVERY) {
          await this.preview();
          shownAt = performance.now();
        }
        if (this.#keepSoon || performance.now() - keptAt > KEEP_EVERY) {
          this.#keepSoon = false;
          await drain();
          await listener.keep();
          keptAt = performance.now();
        }
      }
      await drain();
    } finally {
      this.#tell();
    }
    return trainer.step < settings.steps ? 'paused' : 'finished';
  }

  get #isWanted(): boolean {
    return this.#wish === 'go on';
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
