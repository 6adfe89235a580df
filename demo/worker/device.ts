/** The device that everything is computed on: opened when it is first wanted, and again when it was lost. */
import { type DeviceLostError, type Engine, openEngine } from '../../engine/index.ts';
import { warmUp } from './warm-up.ts';

/** A device that is lost again within so many milliseconds is not opened a third time. */
const LOST_AGAIN = 30_000;

export class OpenDevice {
  readonly #onLost: (error: DeviceLostError, again: boolean) => void;
  #engine: Promise<Engine> | undefined;
  #warming: Promise<unknown> = Promise.resolve();
  #lostAt = Number.NEGATIVE_INFINITY;

  /** `again`: twice in a row. */
  constructor(onLost: (error: DeviceLostError, again: boolean) => void) {
    this.#onLost = onLost;
  }

  /** @throws AdapterError in words for people, and tries again the next time. */
  open(): Promise<Engine> {
    this.#engine ??= this.#open();
    return this.#engine;
  }

  /** The same, once nothing else is compiled on it. */
  async ready(): Promise<Engine> {
    const engine = await this.open();
    await this.#warming;
    return engine;
  }

  /** Compiles the kernels of the default model while a person chooses signals, so that training begins at once. */
  warm(engine: Engine): void {
    this.#warming = warmUp(engine).catch(() => {
      // What cannot work says so when it is asked for.
    });
  }

  async #open(): Promise<Engine> {
    try {
      const engine = await openEngine();
      void engine.device.lost.then((error) => {
        this.#engine = undefined;
        const again = performance.now() - this.#lostAt < LOST_AGAIN;
        this.#lostAt = performance.now();
        this.#onLost(error, again);
      });
      return engine;
    } catch (error) {
      this.#engine = undefined;
      throw error;
    }
  }
}
