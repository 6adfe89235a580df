/** Training that begins on short windows and goes on to longer ones. */
import { SignalError } from '../errors.ts';
import type { Awaitable, BatchSource, SamplePart, SignalBatch } from './batches.ts';

export interface Stage {
  readonly source: BatchSource;
  /** Of the updates, relative to the other stages'. */
  readonly share: number;
}

/**
 * The update (from 0) that ends each of some stages, not included: shares are relative, so 1, 1, 1 are thirds, and each end is
 * rounded to a whole update.
 * @throws SignalError where a stage would have none.
 */
export function stageEnds(shares: readonly number[], updates: number): number[] {
  const sum = shares.reduce((a, b) => a + b, 0);
  let before = 0;
  const ends = shares.map((share) => {
    before += share;
    return Math.round((updates * before) / sum);
  });
  const empty = ends.findIndex((end, i) => !(end > (ends[i - 1] ?? 0)));
  if (empty < 0) return ends;
  throw new SignalError(
    `Stage ${empty + 1} of ${shares.length} has no update of ${updates}; train for more steps, give it a larger share, or name fewer windows.`,
  );
}

/** One source after the other, each with its share of the updates. What is held out is that of the last one. */
export class Curriculum implements BatchSource {
  readonly #stages: readonly BatchSource[];
  /** Of each stage, in batches. */
  readonly #ends: readonly number[];

  /** `batches`: those of an update. @throws SignalError where a stage would have no update. */
  constructor(stages: readonly Stage[], updates: number, batches: number) {
    const ends = stageEnds(
      stages.map(({ share }) => share),
      updates,
    );
    this.#stages = stages.map(({ source }) => source);
    this.#ends = ends.map((end) => end * batches);
  }

  /** Each stage begins with its own first batch. Beyond the last one's end it goes on. */
  trainBatch(step: number): Awaitable<SignalBatch> {
    const found = this.#ends.findIndex((end) => step < end);
    const stage = found < 0 ? this.#stages.length - 1 : found;
    return (this.#stages[stage] as BatchSource).trainBatch(step - (this.#ends[stage - 1] ?? 0));
  }

  heldOut(): Awaitable<readonly SignalBatch[]> {
    return this.#last.heldOut();
  }

  /** Of the last stage too: what is held out is compared with windows of its length. */
  trainSample(part: SamplePart): Awaitable<SignalBatch> {
    return this.#last.trainSample(part);
  }

  /** That of the last stage, by which the model is measured, and those of all. */
  describe(): Record<string, unknown> {
    return { ...this.#last.describe(), stages: this.#stages.map((stage) => stage.describe()) };
  }

  /** Of all stages; those of the last are what the model is for. */
  montages() {
    const last = this.#last;
    return this.#stages.flatMap((stage) =>
      stage.montages().map((own) => (stage === last ? own : { ...own, isBefore: true })),
    );
  }

  get #last(): BatchSource {
    return this.#stages.at(-1) as BatchSource;
  }
}
