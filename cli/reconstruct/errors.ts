/** How much of signals comes back: by window, by channel, by band. */
import { BANDS_OF, bandPowers, type FrequencyBand, MODEL_RATE, type Modality } from '../../data/index.ts';
import { normalizedErrorOf, type Squares, squaresByChannel } from '../../workflows/reconstruct.ts';
import type { Place, RenderedWindow } from './render.ts';

/** Of the windows of one channel, or of several together. */
export interface Returned {
  readonly windows: number;
  /** Mean squared error over variance; 1 for predicting zero. */
  readonly normalizedError: number;
  /** Explained variance, 1 - normalizedError; 0 for predicting zero. */
  readonly r2: number;
  readonly bands: readonly BandReturned[];
}

export interface BandReturned {
  readonly band: FrequencyBand;
  /** Part of the original's power that lies here. */
  readonly share: number;
  /** 1 - power of the error here / power of the original here. */
  readonly returned: number;
}

/** Recordings of one modality. */
export interface ModalityErrors {
  /** Undefined where the files do not say it; bands are then those of EEG. */
  readonly modality: Modality | undefined;
  readonly all: Returned;
  readonly channels: ReadonlyMap<string, Returned>;
}

export interface WindowError extends Place {
  /** Mean squared error over variance, all channels together. */
  readonly normalizedError: number;
}

/** Sums of squares over windows. */
class Sums {
  windows = 0;
  error = 0;
  power = 0;
  readonly bandError: Float64Array;
  readonly bandPower: Float64Array;

  constructor(bands: number) {
    this.bandError = new Float64Array(bands);
    this.bandPower = new Float64Array(bands);
  }

  add(other: Omit<Sums, 'add' | 'result'>): void {
    this.windows += other.windows;
    this.error += other.error;
    this.power += other.power;
    for (let i = 0; i < this.bandPower.length; i++) {
      this.bandError[i] = (this.bandError[i] as number) + (other.bandError[i] as number);
      this.bandPower[i] = (this.bandPower[i] as number) + (other.bandPower[i] as number);
    }
  }

  result(bands: readonly FrequencyBand[]): Returned {
    const total = this.bandPower.reduce((sum, power) => sum + power, 0);
    const normalizedError = this.error / this.power;
    return {
      windows: this.windows,
      normalizedError,
      r2: 1 - normalizedError,
      bands: bands.map((band, i) => ({
        band,
        share: (this.bandPower[i] as number) / total,
        returned: 1 - (this.bandError[i] as number) / (this.bandPower[i] as number),
      })),
    };
  }
}

/** Takes windows one after the other. Signals are in z-scored units, so that all channels weigh the same. */
export class ErrorSummary {
  readonly #modalities = new Map<Modality | undefined, Map<string, Sums>>();
  readonly #windows: WindowError[] = [];

  add(rendered: RenderedWindow): void {
    const { recording, window, original, reconstruction } = rendered;
    const { labels, modality, shape } = recording;
    const samples = shape[2];
    const bands = bandsOf(modality);
    const channels = this.#modalities.get(modality) ?? new Map<string, Sums>();
    this.#modalities.set(modality, channels);
    const squares = squaresByChannel(rendered, labels.length);
    for (const [i, label] of labels.entries()) {
      const own = Float64Array.from(original.subarray(i * samples, (i + 1) * samples));
      const difference = own.map((value, t) => value - (reconstruction[i * samples + t] as number));
      const sums = channels.get(label) ?? new Sums(bands.length);
      channels.set(label, sums);
      sums.add({
        windows: 1,
        ...(squares[i] as Squares),
        bandError: bandPowers(difference, MODEL_RATE, bands),
        bandPower: bandPowers(own, MODEL_RATE, bands),
      });
    }
    this.#windows.push({ recording, window, normalizedError: normalizedErrorOf(squares) });
  }

  /** In the order in which they came. */
  get windows(): readonly WindowError[] {
    return this.#windows;
  }

  /** In the order in which they came first. */
  get modalities(): ModalityErrors[] {
    return [...this.#modalities].map(([modality, channels]) => {
      const bands = bandsOf(modality);
      const all = new Sums(bands.length);
      for (const sums of channels.values()) all.add(sums);
      const windows = this.#windows.filter(({ recording }) => recording.modality === modality).length;
      return {
        modality,
        all: { ...all.result(bands), windows },
        channels: new Map([...channels].map(([label, sums]) => [label, sums.result(bands)])),
      };
    });
  }
}

const bandsOf = (modality: Modality | undefined) => BANDS_OF[modality ?? 'eeg'];
