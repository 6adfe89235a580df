/** Windows of real recordings as a source of batches. */

import { firstNames } from '../../base/first-names.ts';
import { permutation, RandomStream } from '../../base/random-stream.ts';
import type { TrainedWindows } from '../contract/contract.ts';
import { SignalError } from '../errors.ts';
import { groupBy } from '../group-by.ts';
import { montageOf, type RecordingWindows } from '../windows/cut.ts';
import { type Reserved, reservedOf, splitApart } from './apart.ts';
import { type DecidedParts, decidedSplits } from './assign.ts';
import type { Awaitable, BatchSource, SamplePart, SignalBatch } from './batches.ts';
import { batchesOf, type Drawing } from './drawing.ts';
import { FEWEST_UNITS, type Split, splitGroups, type WindowRef } from './split.ts';

export interface WindowDatasetOptions {
  seed: number;
  /** Windows in a training batch. */
  batchSize: number;
  /** Part of the windows to hold out, at least one recording or one window. Default 0.1. */
  heldOutFraction?: number;
  /** Held-out windows kept of each group, spread evenly over what is held out. Default 64. */
  heldOutWindows?: number;
  /**
   * Parts of recordings, where they are decided: windows of `train` are trained on, those of `validation` are held
   * out, those of `test` are not touched. Otherwise `heldOutFraction` decides.
   */
  splits?: DecidedParts;
  /**
   * Another data set of the same recordings, cut into windows of another length: what it holds out is not trained on here, and
   * nothing is held out here.
   */
  apartFrom?: WindowDataset;
  /** How often each data set is drawn from. Default: proportional, every window once an epoch. */
  drawing?: Drawing;
  /** Fewest subjects (or records) of a group of which one is held out whole, not the end of each. Default 5. */
  fewestUnits?: number;
}

/** Recordings whose windows can be in one batch. */
interface Group extends Split {
  dataset: string;
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
 * Batches of windows grouped by data set, modality and shape. An epoch visits every training window once, or data sets
 * as often as `drawing` says, in an order that depends on the seed and the epoch alone; where a group's windows are all
 * used it goes on in another order, so that all batches of a group have one shape. Any step can be asked for at any time.
 */
export class WindowDataset implements BatchSource {
  readonly stepsPerEpoch: number;
  private readonly options: Required<Omit<WindowDatasetOptions, 'splits' | 'apartFrom'>>;
  private readonly groups: Group[];
  private epochOrder: { epoch: number; batches: Uint32Array; windows: Map<string, Uint32Array> } | undefined;

  /** Throws a SignalError where there is no window to train on. Recordings without windows are passed over. */
  constructor(recordings: readonly RecordingWindows[], options: WindowDatasetOptions) {
    this.options = {
      heldOutFraction: 0.1,
      heldOutWindows: 64,
      drawing: 'proportional',
      fewestUnits: FEWEST_UNITS,
      ...options,
    };
    const { seed, batchSize, heldOutFraction, heldOutWindows, drawing, fewestUnits } = this.options;
    const { splits: decided, apartFrom } = options;
    for (const [name, value] of Object.entries({ batchSize, heldOutWindows })) {
      if (!Number.isInteger(value) || value < 1) {
        throw new SignalError(`${name} is ${value}, but must be a whole number of at least 1.`);
      }
    }
    const grouped = groupByShape(recordings);
    const all = [...grouped.values()];
    const splits = apartFrom
      ? splitApart(all, apartFrom.reserved)
      : decided
        ? decidedSplits(all, decided)
        : splitGroups(all, heldOutFraction, new RandomStream(seed, SPLIT).u32(), fewestUnits);
    const groups = [...grouped.values()].flatMap((members, index) => {
      const first = members[0] as RecordingWindows;
      const split = splits[index] as Split;
      if (split.train.length === 0) return [];
      return [
        {
          ...split,
          dataset: first.dataset ?? '',
          source: first.modality ?? UNKNOWN_MODALITY,
          channels: first.shape[1],
          samples: first.shape[2],
          recordings: members,
        },
      ];
    });
    const batches = batchesOf(
      groups.map(({ dataset, train }) => ({ dataset, windows: train.length })),
      batchSize,
      drawing,
    );
    this.groups = groups.map((group, index) => ({ ...group, batches: batches[index] as number }));
    this.stepsPerEpoch = this.groups.reduce((sum, { batches }) => sum + batches, 0);
    if (this.stepsPerEpoch === 0) {
      const names = firstNames(
        recordings.map(({ name }) => name),
        3,
      );
      const who =
        recordings.length === 1 ? `${names} gives` : `${recordings.length} recordings (${names}) give`;
      throw new SignalError(
        `${who} no two windows of one shape to train on, and training needs two; use shorter windows or more recordings.`,
      );
    }
  }

  /** What is not trained on here. */
  private get reserved(): Reserved {
    return reservedOf(this.groups);
  }

  trainBatch(step: number): Awaitable<SignalBatch> {
    if (!Number.isSafeInteger(step) || step < 0) {
      throw new SignalError(`There is no training step ${step}: steps are whole numbers from 0.`);
    }
    const epoch = Math.floor(step / this.stepsPerEpoch);
    let place = this.orderOf(epoch).batches[step % this.stepsPerEpoch] as number;
    let index = 0;
    for (const group of this.groups) {
      if (place < group.batches) break;
      place -= group.batches;
      index++;
    }
    const { train } = this.groups[index] as Group;
    const { batchSize } = this.options;
    const refs = Array.from({ length: batchSize }, (_, i) => {
      const at = place * batchSize + i;
      const round = Math.floor(at / train.length);
      return train[this.windowsOf(epoch, index, round)[at % train.length] as number] as WindowRef;
    });
    return assemble(this.groups[index] as Group, refs);
  }

  async heldOut(): Promise<SignalBatch[]> {
    const { batchSize, heldOutWindows } = this.options;
    const batches: SignalBatch[] = [];
    for (const group of this.groups) {
      const kept = Math.min(heldOutWindows, group.heldOut.length);
      const refs = Array.from(
        { length: kept },
        (_, i) => group.heldOut[Math.floor(((i + 0.5) * group.heldOut.length) / kept)] as WindowRef,
      );
      for (let first = 0; first < kept; first += batchSize) {
        const own = refs.slice(first, first + batchSize);
        const labels = own.map(({ recording }) => (group.recordings[recording] as RecordingWindows).labels);
        batches.push({ ...(await assemble(group, own)), labels });
      }
    }
    return batches;
  }

  /** Windows of all data sets of a kind, one data set after the other. */
  async trainSample({ source, channels, samples, most, first, count }: SamplePart): Promise<SignalBatch> {
    const own = this.groups.filter(
      (group) => group.source === source && group.channels === channels && group.samples === samples,
    );
    const all = own.reduce((sum, { train }) => sum + train.length, 0);
    const kept = Math.min(most, all);
    const last = Math.min(kept, first + count);
    const batch: SignalBatch = {
      signal: new Float32Array(Math.max(0, last - first) * channels * samples),
      shape: [Math.max(0, last - first), channels, samples],
      source,
    };
    let [before, at] = [0, 0];
    for (const group of own) {
      const refs: WindowRef[] = [];
      for (let i = first; i < last; i++) {
        const place = Math.floor(((i + 0.5) * all) / kept) - before;
        if (place >= 0 && place < group.train.length) refs.push(group.train[place] as WindowRef);
      }
      before += group.train.length;
      if (refs.length === 0) continue;
      const { signal } = await assemble(group, refs);
      batch.signal.set(signal, at);
      at += signal.length;
    }
    return batch;
  }

  describe(): Record<string, unknown> {
    return {
      kind: 'recordings',
      seed: this.options.seed,
      drawing: this.options.drawing,
      stepsPerEpoch: this.stepsPerEpoch,
      groups: this.groups.map((group) => ({
        ...(group.dataset === '' ? {} : { dataset: group.dataset }),
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

  montages(): TrainedWindows[] {
    return this.groups.flatMap(({ recordings, train }) => {
      const counts = new Uint32Array(recordings.length);
      for (const { recording } of train) (counts[recording] as number)++;
      return recordings.flatMap((own, place) => {
        const windows = counts[place] as number;
        return windows > 0 ? [montageOf(own, windows)] : [];
      });
    });
  }

  private orderOf(epoch: number) {
    if (this.epochOrder?.epoch !== epoch) {
      const batches = permutation(this.stepsPerEpoch, new RandomStream(this.options.seed, ORDER, epoch, 0));
      this.epochOrder = { epoch, batches, windows: new Map() };
    }
    return this.epochOrder;
  }

  /** The order in which a group's windows come in an epoch, the `round`-th time that they all do. */
  private windowsOf(epoch: number, group: number, round: number): Uint32Array {
    const { windows } = this.orderOf(epoch);
    const key = `${group} ${round}`;
    const known = windows.get(key);
    if (known) return known;
    const path = round === 0 ? [1 + group] : [1 + group, round];
    const stream = new RandomStream(this.options.seed, ORDER, epoch, ...path);
    const order = permutation((this.groups[group] as Group).train.length, stream);
    windows.set(key, order);
    return order;
  }
}

function groupByShape(recordings: readonly RecordingWindows[]): Map<string, RecordingWindows[]> {
  // By name, so that the order in which files were found does not matter.
  const sorted = recordings
    .filter(({ shape }) => shape[0] > 0)
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return groupBy(sorted, ({ dataset, modality, shape }) =>
    JSON.stringify([dataset, modality, shape[1], shape[2]]),
  );
}

/** The channels in order, once for each order that occurs: the model distinguishes channels by their position. */
function labelsOf(recordings: readonly RecordingWindows[]): string[] {
  return [...new Set(recordings.map(({ labels }) => labels.join(', ')))];
}

function assemble(group: Group, refs: readonly WindowRef[]): Awaitable<SignalBatch> {
  const size = group.channels * group.samples;
  const batch: SignalBatch = {
    signal: new Float32Array(refs.length * size),
    shape: [refs.length, group.channels, group.samples],
    source: group.source,
  };
  const pending = refs.flatMap(({ recording, window }, i) => {
    const values = (group.recordings[recording] as RecordingWindows).read(window);
    if (values instanceof Promise) return [values.then((read) => batch.signal.set(read, i * size))];
    batch.signal.set(values, i * size);
    return [];
  });
  return pending.length === 0 ? batch : Promise.all(pending).then(() => batch);
}
