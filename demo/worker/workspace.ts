/** The signals at hand, the windows that they are cut into, and the windows' labels and tokens. */
import { SignalError } from '../../data/index.ts';
import type { Cutting, Reading } from '../messages.ts';
import { Labels } from './labels.ts';
import type { Tokens } from './maps.ts';
import type { Model } from './model.ts';
import type { OpenedSignals } from './signals.ts';
import type { SessionNote } from './storage.ts';
import { cut, WindowSet } from './windows.ts';

export class Workspace {
  readonly signals: OpenedSignals;
  readonly labels: Labels;
  readonly #reading: Reading;
  /** Says what takes a while; null when it is over. */
  readonly #busy: (message: string | null) => void;
  #cutting: Cutting | undefined;
  #windows: WindowSet | undefined;
  #tokens: Tokens | undefined;

  constructor(
    signals: OpenedSignals,
    reading: Reading,
    busy: (message: string | null) => void,
    labels: Labels = new Labels(),
  ) {
    this.signals = signals;
    this.labels = labels;
    this.#reading = reading;
    this.#busy = busy;
  }

  /** As it was last cut, if it was. */
  get cutting(): Cutting | undefined {
    return this.#cutting;
  }

  get windows(): WindowSet {
    if (this.#windows && this.#tokens) return this.#windows;
    throw new SignalError('There is no map yet; make it first.');
  }

  get tokens(): Tokens {
    if (this.#tokens) return this.#tokens;
    throw new SignalError('There is no map yet; make it first.');
  }

  /** @throws SignalError where no recording gives a window. */
  async cut(cutting: Cutting): Promise<WindowSet> {
    if (this.#windows && JSON.stringify(this.#cutting) === JSON.stringify(cutting)) return this.#windows;
    this.#busy('Cutting the recordings into windows');
    const recordings = await cut(this.signals, cutting).finally(() => this.#busy(null));
    this.#windows = new WindowSet(recordings, cutting.seconds, this.signals, this.labels);
    this.#cutting = cutting;
    this.#tokens = undefined;
    return this.#windows;
  }

  /** The token of every window. */
  async embed(cutting: Cutting, model: Model): Promise<WindowSet> {
    const windows = await this.cut(cutting);
    const { places } = windows;
    const dim = model.config.encoderDim;
    const values = new Float32Array(places.length * dim);
    const { step } = model.trainer;
    for (let first = 0; first < places.length; ) {
      const recording = places[first]?.recording ?? 0;
      let end = first;
      while (places[end]?.recording === recording) end++;
      const own = places.slice(first, end).map(({ window }) => window);
      values.set(await model.embed(windows.of(first).own, own), first * dim);
      first = end;
      this.#busy(`Squeezing window ${first} of ${places.length} into its token`);
    }
    this.#busy(null);
    this.#tokens = { values, dim, step };
    return windows;
  }

  /** What is kept of it, to be opened again. */
  note(run: SessionNote['run']): SessionNote {
    const { kind, recordings } = this.signals;
    return {
      kind,
      names: kind === 'files' ? recordings.map(({ name }) => name) : [],
      reading: this.#reading,
      cutting: this.#cutting ?? null,
      run,
    };
  }
}
