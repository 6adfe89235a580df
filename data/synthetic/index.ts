/** Endless training data of all four modalities, made from a seed. */

import { RandomStream } from '../../base/random-stream.ts';
import type { TrainedWindows } from '../contract/contract.ts';
import type { BatchSource, SamplePart, SignalBatch } from '../dataset/batches.ts';
import { SignalError } from '../errors.ts';
import { MODEL_RATE, wholeSamples } from '../rate.ts';
import { MODALITIES, type Modality } from '../recording.ts';
import { usualUnit } from '../units.ts';
import { GENERATORS, requireCount, STREAMS } from './generators.ts';

export {
  LABELLED_TASKS,
  type LabelledOptions,
  type LabelledTask,
  type LabelledWindow,
  type LabelledWindows,
  labelledWindows,
} from './labelled.ts';

const { TRAIN, HELD_OUT, SUBJECT, WINDOW } = STREAMS;
const TRAIN_SUBJECTS = 4096;

export interface SyntheticOptions {
  seed: number;
  /** Windows in a training batch. */
  batchSize: number;
  /** Seconds in a window, at 200 samples a second. Default 2. */
  seconds?: number;
  /** Channels of each modality; only the modalities named here are generated. Default ecg 3, ppg 1, eeg 8, ieeg 6. */
  channels?: Partial<Record<Modality, number>>;
  /** Modality of each training batch in turn, again and again; each that is generated at least once. Default: one after the other. */
  turns?: readonly Modality[];
  /** Held-out windows of each modality. Default 32. */
  heldOutWindows?: number;
}

/**
 * Synthetic recordings as a source of batches. Each batch holds one modality; steps visit the modalities in turn, or as `turns` say.
 * Every training window is new, from one of 4096 synthetic people; the held-out windows come from other people.
 */
export class SyntheticDataset implements BatchSource {
  private readonly seed: number;
  private readonly batchSize: number;
  private readonly samples: number;
  private readonly heldOutWindows: number;
  private readonly groups: readonly { modality: Modality; channels: number }[];
  private readonly turns: readonly Modality[] | undefined;

  /** Throws a SignalError that names the option, where one makes no sense. */
  constructor(options: SyntheticOptions) {
    const { seed, batchSize, seconds = 2, heldOutWindows = 32, turns } = options;
    requireCount('batchSize', batchSize, 1, 1 << 20);
    requireCount('heldOutWindows', heldOutWindows, 1, 1 << 20);
    const samples = wholeSamples(seconds) ?? seconds * MODEL_RATE;
    requireCount(`samples in a window of ${seconds} s`, samples, 1, 12800);
    this.seed = seed;
    this.batchSize = batchSize;
    this.samples = samples;
    this.heldOutWindows = heldOutWindows;
    this.groups = MODALITIES.flatMap((modality) => {
      const { defaultChannels, maximumChannels } = GENERATORS[modality];
      const channels = options.channels ? options.channels[modality] : defaultChannels;
      if (channels === undefined) return [];
      requireCount(`channels of ${modality}`, channels, 1, maximumChannels);
      return [{ modality, channels }];
    });
    if (this.groups.length === 0) {
      throw new SignalError(
        `No modality to generate: give channels for at least one of ${MODALITIES.join(', ')}.`,
      );
    }
    const without = this.groups.find(({ modality }) => turns && !turns.includes(modality));
    const unknown = turns?.find((turn) => !this.groups.some(({ modality }) => modality === turn));
    if (without || unknown !== undefined) {
      throw new SignalError(
        `The turns are ${turns?.join(', ')}; ${without ? `${without.modality} has none` : `${unknown} is not generated`}: name ${this.groups.map(({ modality }) => modality).join(', ')}, each at least once.`,
      );
    }
    this.turns = turns;
  }

  /** The batch of a step (0, 1, 2, ...): a pure function of the seed and the step. */
  trainBatch(step: number): SignalBatch {
    requireCount('step', step, 0, Number.MAX_SAFE_INTEGER);
    const turn = this.turns?.[step % this.turns.length];
    const found = turn
      ? this.groups.find(({ modality }) => modality === turn)
      : this.groups[step % this.groups.length];
    const group = found as { modality: Modality; channels: number };
    return this.batch(TRAIN, group, step * this.batchSize, this.batchSize);
  }

  /** Windows of people that training never sees, in batches of at most `batchSize`, modality by modality. */
  heldOut(): SignalBatch[] {
    return this.groups.flatMap((group) => {
      const batches: SignalBatch[] = [];
      for (let first = 0; first < this.heldOutWindows; first += this.batchSize) {
        const count = Math.min(this.batchSize, this.heldOutWindows - first);
        const labels = Array.from({ length: group.channels }, (_, i) => GENERATORS[group.modality].label(i));
        batches.push({
          ...this.batch(HELD_OUT, group, first, count),
          labels: new Array<string[]>(count).fill(labels),
        });
      }
      return batches;
    });
  }

  /** The first windows of a modality that training draws; of other kinds there are none. */
  trainSample({ source, channels, samples, most, first, count }: SamplePart): SignalBatch {
    const group = this.groups.find((one) => one.modality === source && one.channels === channels);
    const size = channels * samples;
    const kept = group && this.samples === samples ? Math.max(0, Math.min(most - first, count)) : 0;
    const signal = new Float32Array(kept * size);
    const turns = this.turns ?? this.groups.map(({ modality }) => modality);
    const own = turns.flatMap((modality, turn) => (modality === source ? [turn] : []));
    for (let i = 0; group && i < kept; ) {
      const number = first + i;
      const batch = Math.floor(number / this.batchSize);
      const step = Math.floor(batch / own.length) * turns.length + (own[batch % own.length] as number);
      const within = number % this.batchSize;
      const some = Math.min(this.batchSize - within, kept - i);
      const { signal: drawn } = this.batch(TRAIN, group, step * this.batchSize + within, some);
      signal.set(drawn, i * size);
      i += some;
    }
    return { signal, shape: [kept, channels, samples], source };
  }

  describe(): Record<string, unknown> {
    return {
      kind: 'synthetic',
      seed: this.seed,
      rate: MODEL_RATE,
      samples: this.samples,
      ...(this.turns && { turns: this.turns }),
      channels: Object.fromEntries(this.groups.map(({ modality, channels }) => [modality, channels])),
      trainSubjects: TRAIN_SUBJECTS,
      heldOutWindows: this.heldOutWindows,
      heldOutSubjects: 'one for each window, none of them in training',
    };
  }

  montages(): TrainedWindows[] {
    return this.groups.map(({ modality: kind, channels }) => ({
      kind,
      seconds: this.samples / MODEL_RATE,
      channels: Array.from({ length: channels }, (_, i) => {
        const name = GENERATORS[kind].label(i);
        const unit = usualUnit(kind);
        return { name, kind, ...(unit && { unit }) };
      }),
    }));
  }

  private batch(
    part: number,
    group: { modality: Modality; channels: number },
    first: number,
    count: number,
  ): SignalBatch {
    const { modality, channels } = group;
    const size = channels * this.samples;
    const signal = new Float32Array(count * size);
    const kind = MODALITIES.indexOf(modality);
    for (let i = 0; i < count; i++) {
      const window = new RandomStream(this.seed, kind, part, WINDOW, first + i);
      const person = part === TRAIN ? window.integer(TRAIN_SUBJECTS) : first + i;
      const subject = new RandomStream(this.seed, kind, part, SUBJECT, person);
      GENERATORS[modality].addWindow(signal.subarray(i * size, (i + 1) * size), channels, subject, window);
    }
    return { signal, shape: [count, channels, this.samples], source: modality };
  }
}
