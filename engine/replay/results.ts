import type { Storage } from '../gpu/memory.ts';
import type { Recorder } from '../gpu/recorder.ts';
import { Tensor } from '../tensor.ts';

/** A copy that a run makes before it writes over the results of the run before. */
export interface Kept {
  readonly from: Storage;
  readonly to: Storage;
}

/**
 * The results of one run as its caller sees them. They lie where the plan writes them, until a later run does: then they
 * end, or, where the caller cannot have seen them yet, are copied to storage of their own first.
 */
export class Results {
  readonly tensors: readonly Tensor[];
  /** Whether the caller has them. */
  handedOut = false;
  readonly #recorder: Recorder;
  /** By the plan's own storage. */
  readonly #views = new Map<Storage, Storage>();
  #apart: readonly Storage[];

  /**
   * `captured` are what the step's function returned; what it did not make itself stays what it is. `made` are pooled
   * storages that go when these results do.
   */
  constructor(recorder: Recorder, captured: readonly Tensor[], made: readonly Storage[] = []) {
    this.#recorder = recorder;
    this.#apart = made;
    this.tensors = captured.map((tensor) => {
      const { storage } = tensor;
      if (storage.owner !== 'step') return tensor;
      const view = this.#views.get(storage) ?? storage.view();
      this.#views.set(storage, view);
      return new Tensor(recorder, tensor, view);
    });
  }

  /** Moves them to storage of their own, which the copies that this returns must fill before the plan runs again. */
  moveApart(step: string): Kept[] {
    if (this.#apart.length > 0) return [];
    const copies = [...this.#views].map(([from, view]) => {
      const to = this.#recorder.allocateApart(from.bytes, `a result of ${step}`);
      view.whole = to;
      return { from, to };
    });
    this.#apart = copies.map(({ to }) => to);
    return copies;
  }

  /** They may not be used any more. `overwrittenBy` a step: nor may a step that binds them be run, unless they lie apart. */
  end(why: string, overwrittenBy: string | null = null): void {
    for (const view of this.#views.values()) {
      view.end(why);
      if (this.#apart.length === 0) view.overwrittenBy = overwrittenBy;
    }
    for (const storage of this.#apart) this.#recorder.release(storage, why);
  }
}
