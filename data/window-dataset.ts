/** Windows of real recordings as a source of batches. */
import type { BatchSource, SignalBatch } from './batches.ts';
import { SignalError } from './errors.ts';
import { permutation, RandomStream } from './random.ts';
import { FEWEST_UNITS, type Split, splitGroups, type WindowRef } from './split.ts';
import type { RecordingWindows } from './windows.ts';

export interface WindowDatasetOptions {
  seed: number;
  /** Windows in a training batch. */
  batchSize: number;
  /** Part of the windows to hold out, at least one recording or one window. Default 0.1. */
  heldOutFraction?: number;
  /** Held-out windows kept of each group, spread evenly over what is held out. Default 64. */
  heldOutWindows?: number;
  /** Fewest subjects (or records) of a group of which one is held out whole, not the end of each. Default 5. */
  fewestUnits?: number;
}

/** Recordings whose windows can be in one batch. */
interface Group extends Split {
  source: string;
  channels: number;
  samples: number;
  recordings: RecordingWindows[];
  /** Training batches in an epoch. */
  batches: number;
}

/** Source of the windows of files that do not say what they hold. */
export const UNKNOWN_MODALITY = 'unknown';

const SPLIT = 0;
const ORDER = 1;

/**
 * Batches of windows grouped by modality and shape. An epoch visits every training window, in an order that depends
 * on the seed and the epoch alone; the last batch of a group is filled up from the group's start of that epoch, so
 * that all batches of a group have one shape. Any step can be asked for at any time.
 */
export class WindowDataset implements BatchSource {
  readonly stepsPerEpoch: number;
  private readonly options: Required<WindowDatasetOptions>;
  private readonly groups: Group[];
  private epochOrder: { epoch: number; batches: Uint32Array; windows: Uint32Array[] } | undefined;

  /** Throws a SignalError where there is no window to train on. Recordings without windows are passed over. */
  constructor(recordings: readonly RecordingWindows[], options: WindowDatasetOptions) {
    this.options = { heldOutFraction: 0.1, heldOutWindows: 64, fewestUnits: FEWEST_UNITS, ...options };
    const { seed, batchSize, heldOutFraction, heldOutWindows, fewestUnits } = this.options;
    for (const [name, value] of Object.entries({ batchSize, heldOutWindows })) {
      if (!Number.isInteger(value) || value < 1) {
        throw new SignalError(`${name} is ${value}, but must be a whole number of at least 1.`);
      }
    }
    const grouped = groupByShape(recordings);
    const splits = splitGroups(
      [...grouped.values()],
      heldOutFraction,
      new RandomStream(seed, SPLIT).u32(),
      fewestUnits,
    );
    this.groups = [...grouped.values()].flatMap((members, index) => {
      const first = members[0] as RecordingWindows;
      const split = splits[index] as Split;
      if (split.train.length === 0) return [];
      return [
        {
          ...split,
          source: first.modality ?? UNKNOWN_MODALITY,
          channels: first.shape[1],
          samples: first.shape[2],
          recordings: members,
          batches: Math.ceil(split.train.length / batchSize),
        },
      ];
    });
    this.stepsPerEpoch = this.groups.reduce((sum, { batches }) => sum + batches, 0);
    if (this.stepsPerEpoch === 0) {
      throw new SignalError(
        `The ${recordings.length} recordings give no two usable windows of one shape; use shorter windows or more recordings.`,
      );
    }
  }

  trainBatch(step: number): SignalBatch {
    if (!Number.isSafeInteger(step) || step < 0) {
      throw new SignalError(`There is no training step ${step}: steps are whole numbers from 0.`);
    }
    const order = this.orderOf(Math.floor(step / this.stepsPerEpoch));
    let place = order.batches[step % this.stepsPerEpoch] as number;
    let index = 0;
    for (const group of this.groups) {
      if (place < group.batches) break;
      place -= group.batches;
      index++;
    }
    const group = this.groups[index] as Group;
    const windows = order.windows[index] as Uint32Array;
    const first = place * this.options.batchSize;
    const refs = Array.from(
      { length: this.options.batchSize },
      (_, i) => group.train[windows[(first + i) % windows.length] as number] as WindowRef,
    );
    return assemble(group, refs);
  }

  heldOut(): SignalBatch[] {
    const { batchSize, heldOutWindows } = this.options;
    return this.groups.flatMap((group) => {
      const kept = Math.min(heldOutWindows, group.heldOut.length);
      const refs = Array.from(
        { length: kept },
        (_, i) => group.heldOut[Math.floor(((i + 0.5) * group.heldOut.length) / kept)] as WindowRef,
      );
      return Array.from({ length: Math.ceil(kept / batchSize) }, (_, i) =>
        assemble(group, refs.slice(i * batchSize, (i + 1) * batchSize)),
      );
    });
  }

  describe(): Record<string, unknown> {
    return {
      kind: 'recordings',
      seed: this.options.seed,
      stepsPerEpoch: this.stepsPerEpoch,
      groups: this.groups.map((group) => ({
        source: group.source,
        channels: group.channels,
        samples: group.samples,
        labels: labelsOf(group.recordings),
        recordings: group.recordings.length,
        trainWindows: group.train.length,
        heldOutWindows: Math.min(this.options.heldOutWindows, group.heldOut.length),
        heldOut: group.how,
        heldOutRecordings: group.heldOutRecordings,
      })),
    };
  }

  private orderOf(epoch: number) {
    if (this.epochOrder?.epoch !== epoch) {
      const { seed } = this.options;
      this.epochOrder = {
        epoch,
        batches: permutation(this.stepsPerEpoch, new RandomStream(seed, ORDER, epoch, 0)),
        windows: this.groups.map((group, index) =>
          permutation(group.train.length, new RandomStream(seed, ORDER, epoch, 1 + index)),
        ),
      };
    }
    return this.epochOrder;
  }
}

function groupByShape(recordings: readonly RecordingWindows[]): Map<string, RecordingWindows[]> {
  const groups = new Map<string, RecordingWindows[]>();
  // By name, so that the order in which files were found does not matter.
  const sorted = [...recordings].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const recording of sorted) {
    const [count, channels, samples] = recording.shape;
    if (count === 0) continue;
    const key = `${recording.modality ?? ''} ${channels} ${samples}`;
    const group = groups.get(key);
    if (group) group.push(recording);
    else groups.set(key, [recording]);
  }
  return groups;
}

/** The channels in order, once for each order that occurs: the model tells channels apart by their place. */
function labelsOf(recordings: readonly RecordingWindows[]): string[] {
  return [...new Set(recordings.map(({ labels }) => labels.join(', ')))];
}

function assemble(group: Group, refs: readonly WindowRef[]): SignalBatch {
  const size = group.channels * group.samples;
  const signal = new Float32Array(refs.length * size);
  refs.forEach(({ recording, window }, i) => {
    const { signal: from } = group.recordings[recording] as RecordingWindows;
    signal.set(from.subarray(window * size, (window + 1) * size), i * size);
  });
  return { signal, shape: [refs.length, group.channels, group.samples], source: group.source };
}
