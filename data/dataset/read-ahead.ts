import type { BatchSource, SamplePart, SignalBatch } from './batches.ts';

/** Begins the next batches before they are asked for, so that reading them and using the one before go on together. */
export class ReadAhead implements BatchSource {
  readonly #source: BatchSource;
  readonly #depth: number;
  readonly #begun = new Map<number, Promise<SignalBatch>>();

  /** Holds at most `depth` batches beyond the one asked for. */
  constructor(source: BatchSource, depth = 3) {
    this.#source = source;
    this.#depth = depth;
  }

  trainBatch(step: number): Promise<SignalBatch> {
    const batch = this.#begin(step);
    for (const other of this.#begun.keys())
      if (other <= step || other > step + this.#depth) this.#begun.delete(other);
    const next = () => {
      for (let ahead = step + 1; ahead <= step + this.#depth; ahead++) this.#begin(ahead);
    };
    batch.then(next, () => {});
    return batch;
  }

  heldOut() {
    return this.#source.heldOut();
  }

  trainSample(part: SamplePart) {
    return this.#source.trainSample(part);
  }

  describe(): Record<string, unknown> {
    return this.#source.describe();
  }

  montages() {
    return this.#source.montages();
  }

  #begin(step: number): Promise<SignalBatch> {
    const begun = this.#begun.get(step);
    if (begun) return begun;
    // In a turn of its own, so that whoever waits for the batch before has it first.
    const batch = new Promise((resolve) => setTimeout(resolve, 0)).then(() => this.#source.trainBatch(step));
    // A batch that fails is reported to who asks for it, if anybody does.
    batch.catch(() => {});
    this.#begun.set(step, batch);
    return batch;
  }
}
