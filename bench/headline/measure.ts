import { type Engine, type HostTensor, Random, type Step } from '../../engine/index.ts';
import { clock } from '../suite/timing.ts';
import type { Contender, Work } from './contender.ts';
import type { WindowShape } from './shapes.ts';

/** How long to time a window. */
export interface HeadlineBudget {
  /** Rounds of untimed and of timed runs, at most; the paper's are 50 and 200. */
  readonly warmups: number;
  readonly rounds: number;
  /** Timed rounds at least, however long they take. */
  readonly least: number;
  /** Milliseconds that one encoder's runs may take at a window, the least rounds aside. */
  readonly encoderMs: number;
}

export const FULL: HeadlineBudget = { warmups: 50, rounds: 200, least: 3, encoderMs: 8_000 };
export const QUICK: HeadlineBudget = { warmups: 5, rounds: 20, least: 2, encoderMs: 2_000 };

/** One encoder captured at one window, on an engine of its own, so that its memory is its own too. */
export class Entry {
  readonly contender: Contender;
  readonly work: Work;
  /** Bytes of the weights. */
  readonly weightBytes: number;
  /** Bytes that a forward pass of the whole window holds: weights and activations. Uploading the weights is over. */
  readonly peakBytes: number;
  readonly #engine: Engine;
  readonly #step: Step;
  readonly #window: WindowShape;
  /** What a run takes: the whole window, or as many of its sequences as the budget allows on a slow adapter. */
  #input: HostTensor;
  #timed: number;

  private constructor(
    contender: Contender,
    window: WindowShape,
    engine: Engine,
    step: Step,
    weightBytes: number,
  ) {
    this.contender = contender;
    this.work = contender.work(window);
    this.weightBytes = weightBytes;
    this.peakBytes = engine.memory.reserved;
    this.#engine = engine;
    this.#step = step;
    this.#window = window;
    this.#timed = this.work.sequences;
    this.#input = noise(contender.input(window, this.#timed));
  }

  /** Weights, and a plan for the whole window, whether or not all of it is going to be timed. */
  static async open(contender: Contender, window: WindowShape, open: () => Promise<Engine>): Promise<Entry> {
    const engine = await open();
    try {
      const { embed } = contender.build(engine);
      await engine.idle();
      const weightBytes = engine.memory.reserved;
      const step = engine.step(contender.name, (signal) => [embed(signal)]);
      await step.memory(noise(contender.input(window, contender.work(window).sequences)));
      return new Entry(contender, window, engine, step, weightBytes);
    } catch (error) {
      engine.dispose();
      throw error;
    }
  }

  /** Independent sequences of the window that `time` runs; its results are of the whole window all the same. */
  get timedSequences(): number {
    return this.#timed;
  }

  /** Warms up; where the least number of runs would overdraw the budget it settles for a part of the sequences. */
  async warmUp({ warmups, least, encoderMs }: HeadlineBudget): Promise<void> {
    const start = performance.now();
    let runs = 0;
    if (this.work.sequences > 1) {
      this.#take(1);
      await this.#run();
      const one = await clock(() => this.#run());
      this.#take(Math.max(1, Math.min(this.work.sequences, Math.floor(encoderMs / (least + 1) / one))));
      runs = this.#timed === 1 ? 2 : 0;
    }
    for (; runs < warmups && (runs < 1 || performance.now() - start < encoderMs / 4); runs++) {
      await this.#run();
    }
  }

  /** Milliseconds that a forward pass of the window takes, the submit and the wait for its end included. */
  async time(): Promise<number> {
    return this.#whole(await clock(() => this.#run()));
  }

  /** The sum over its dispatches by the device's clock; null where the device has none. */
  async gpuMs(): Promise<number | null> {
    if (!this.#engine.device.features.has('timestamp-query')) return null;
    const times = await this.#step.profile(this.#input);
    return this.#whole(times.reduce((sum, { microseconds }) => sum + microseconds, 0) / 1000);
  }

  /** Gives the device back, and all memory with it. */
  dispose(): void {
    this.#engine.dispose();
  }

  #take(sequences: number): void {
    this.#timed = sequences;
    this.#input = noise(this.contender.input(this.#window, sequences));
  }

  async #run(): Promise<void> {
    await this.#step.run(this.#input);
    await this.#engine.idle();
  }

  /** Sequences that do not see each other take as long each in a part as in the whole. */
  #whole(milliseconds: number): number {
    return (milliseconds * this.work.sequences) / this.#timed;
  }
}

function noise(shape: readonly number[]): HostTensor {
  const data = new Float32Array(shape.reduce((size, extent) => size * extent, 1));
  new Random(1, 'signal').fillNormal(data);
  return { data, shape };
}
