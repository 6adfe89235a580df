import { LifetimeError } from '../errors.ts';
import type { Command } from './command.ts';
import type { Storage } from './memory.ts';

/** A tensor whose `requiresGrad` was looked at. */
export interface Leaf {
  readonly requiresGrad: boolean;
  readonly storage: Storage;
}

/** What a captured function recorded. */
export interface Capture<T> {
  readonly result: T;
  readonly commands: readonly Command[];
  /** Leaves from outside, and whether they required a gradient: what was recorded depends on it. */
  readonly leaves: ReadonlyMap<Leaf, boolean>;
}

/** The function of a step while it is called: to be captured, or to run as any other. One at a time; steps do not nest. */
export class StepBody {
  /** Whether operations leave a node for the backward pass. */
  tracking = true;
  #commands: Command[] | null = null;
  #leaves: Map<Leaf, boolean> | null = null;
  #step: string | null = null;

  /** Where the commands of the step that is captured go. */
  get commands(): Command[] | null {
    return this.#commands;
  }

  get capturing(): boolean {
    return this.#commands !== null;
  }

  /** Collects what `work`, the function of a step, asks for. */
  capture<T>(step: string, work: () => T): Capture<T> {
    const commands: Command[] = [];
    const leaves = new Map<Leaf, boolean>();
    const result = this.call(step, () => {
      this.#commands = commands;
      this.#leaves = leaves;
      try {
        return work();
      } finally {
        this.#commands = null;
        this.#leaves = null;
      }
    });
    for (const leaf of leaves.keys()) if (leaf.storage.capture === commands) leaves.delete(leaf);
    return { result, commands, leaves };
  }

  /** Calls the function of a step: in it no other step may be run, and whether it tracks is its own affair. */
  call<T>(step: string, work: () => T): T {
    this.requireOutside(`The step "${step}" is captured`);
    const { tracking } = this;
    this.tracking = true;
    this.#step = step;
    try {
      return work();
    } finally {
      this.#step = null;
      this.tracking = tracking;
    }
  }

  /** Throws LifetimeError inside the function of a step. */
  requireOutside(what: string): void {
    if (this.#step === null) return;
    throw new LifetimeError(
      `${what} inside the function of the step "${this.#step}"; that function is called once and replayed afterwards, so steps do not nest: call what both do as a plain function, or run one step after the other.`,
    );
  }

  /** Somebody looks whether a tensor requires a gradient. */
  noteLeaf(leaf: Leaf, requiresGrad: boolean): void {
    this.#leaves?.set(leaf, requiresGrad);
  }
}
