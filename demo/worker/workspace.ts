/** The signals at hand, the windows that they are cut into, and the windows' labels and tokens. */
import { type ChannelContract, fitChannels, SignalError } from '../../data/index.ts';
import type { Cutting, Reading } from '../messages.ts';
import { Labels } from './labels.ts';
import type { Tokens } from './maps.ts';
import type { Model } from './model.ts';
import type { OpenedSignals } from './signals.ts';
import type { SessionNote } from './storage.ts';
import { cut, WindowSet } from './windows.ts';

/** The windows of a map, and the token of each. */
export interface Mapped {
  readonly windows: WindowSet;
  readonly tokens: Tokens;
}

const NO_CHECK = () => {};

/** Whether windows that were cut for one model are those that would be cut for another. */
function isArranged(
  cut: { readonly windows: WindowSet; readonly contract: ChannelContract | undefined },
  contract: ChannelContract | undefined,
  isOrdered: boolean,
): boolean {
  if (cut.contract === contract) return true;
  // Once put into an order, what their own was is not known.
  if (cut.contract || !contract) return false;
  return cut.windows.recordings.every(({ signals, modality }) => {
    const fit = signals && fitChannels(contract, signals, { kind: modality, isOrdered });
    return fit?.isTrainedKind && !fit.isReordered;
  });
}

export class Workspace {
  readonly signals: OpenedSignals;
  readonly labels: Labels;
  readonly #reading: Reading;
  /** Says what takes a while; null when it is over. */
  readonly #busy: (message: string | null) => void;
  /** Says of windows that are taken up what is not among them. */
  readonly #onCut: (remarks: readonly string[]) => void;
  #cut:
    | {
        readonly cutting: Cutting;
        readonly windows: WindowSet;
        readonly remarks: readonly string[];
        readonly contract: ChannelContract | undefined;
      }
    | undefined;
  #mapped: Mapped | undefined;

  constructor(
    signals: OpenedSignals,
    reading: Reading,
    busy: (message: string | null) => void,
    labels: Labels = new Labels(),
    onCut: (remarks: readonly string[]) => void = () => {},
  ) {
    this.signals = signals;
    this.labels = labels;
    this.#reading = reading;
    this.#busy = busy;
    this.#onCut = onCut;
  }

  /** As it was last cut, if it was. */
  get cutting(): Cutting | undefined {
    return this.#cut?.cutting;
  }

  get isMapped(): boolean {
    return this.#mapped !== undefined;
  }

  get windows(): WindowSet {
    return this.#needMap().windows;
  }

  get tokens(): Tokens {
    return this.#needMap().tokens;
  }

  /** What the map shows is none of the model at hand any more. */
  forgetMap(): void {
    this.#mapped = undefined;
  }

  /** `check` throws where the windows are not wanted any more. @throws SignalError where no recording gives a window. */
  async cut(cutting: Cutting, check: () => void = NO_CHECK, contract?: ChannelContract): Promise<WindowSet> {
    const isSame = this.#cut && JSON.stringify(this.#cut.cutting) === JSON.stringify(cutting);
    if (this.#cut && isSame && isArranged(this.#cut, contract, cutting.channels !== null)) {
      this.#onCut(this.#cut.remarks);
      return this.#cut.windows;
    }
    this.#busy('Cutting the recordings into windows');
    const { recordings, remarks } = await cut(this.signals, cutting, contract).finally(() =>
      this.#busy(null),
    );
    check();
    const windows = new WindowSet(recordings, this.signals, this.labels);
    this.#cut = { cutting, windows, remarks, contract };
    this.#onCut(remarks);
    return windows;
  }

  /** The windows and the token of each; they are those of the map once `show` is called. */
  async embed(cutting: Cutting, model: Model, check: () => void = NO_CHECK): Promise<Mapped> {
    const windows = await this.cut(cutting, check, model.contract);
    const { places } = windows;
    const dim = model.config.encoderDim;
    const values = new Float32Array(places.length * dim);
    const others = new Float32Array(places.length * dim);
    const { step } = model.trainer;
    try {
      for (let first = 0; first < places.length; ) {
        const recording = places[first]?.recording ?? 0;
        let end = first;
        while (places[end]?.recording === recording) end++;
        const own = places.slice(first, end).map(({ window }) => window);
        const found = await model.readOut(windows.of(first).own, own);
        values.set(found.token, first * dim);
        others.set(found.others, first * dim);
        check();
        first = end;
        this.#busy(`Squeezing window ${first} of ${places.length} into its token`);
      }
    } finally {
      this.#busy(null);
    }
    return {
      windows,
      tokens: { values, others, dim, step, lastStep: model.trainer.step, encoder: model.facts.description },
    };
  }

  show(mapped: Mapped): void {
    // The same windows with other tokens are another map.
    mapped.windows.renew();
    this.#mapped = mapped;
  }

  /** What is kept of it, to be opened again. */
  note(run: SessionNote['run']): SessionNote {
    const { kind, recordings } = this.signals;
    return {
      kind,
      names: kind === 'files' ? recordings.map(({ name }) => name) : [],
      reading: this.#reading,
      cutting: this.cutting ?? null,
      run,
    };
  }

  #needMap(): Mapped {
    if (this.#mapped) return this.#mapped;
    throw new SignalError('There is no map yet; make it first.');
  }
}
