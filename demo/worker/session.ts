/** What the page asks for: signals, windows and files here, the model and its run in training.ts. */
import { type Modality, SignalError } from '../../data/index.ts';
import type {
  Adapter,
  Calls,
  Cutting,
  Dropped,
  Event,
  MapPoints,
  Reading,
  Restored,
  Shown,
  Signals,
  TrainSettings,
} from '../messages.ts';
import { readRunFile } from './checkpoint.ts';
import { OpenDevice } from './device.ts';
import { embeddingsFile } from './embeddings-file.ts';
import { Keeper } from './keeper.ts';
import { Labels } from './labels.ts';
import { mapOf } from './maps.ts';
import { probe } from './probe.ts';
import { factsOf, type OpenedSignals, openDropped, openGenerated } from './signals.ts';
import * as storage from './storage.ts';
import { tracesOf } from './traces.ts';
import { Training } from './training.ts';
import { readWeights } from './weights.ts';
import { Workspace } from './workspace.ts';

const NO_READING: Reading = { rate: null, modality: null };

type Handlers = {
  [N in keyof Calls]: (...args: Parameters<Calls[N]>) => ReturnType<Calls[N]> | Promise<ReturnType<Calls[N]>>;
};

export class Session implements Handlers {
  readonly #tell: (event: Event) => void;
  readonly #device = new OpenDevice((error, again) => void this.#training.lost(error, again));
  readonly #keeper = new Keeper((message) => this.#tell({ kind: 'note', message }));
  readonly #training: Training;
  #work: Workspace | undefined;
  readonly #labels = new Labels();
  /** As they were dropped. */
  #files: readonly Dropped[] = [];

  constructor(tell: (event: Event) => void) {
    this.#tell = tell;
    this.#training = new Training({ device: this.#device, keeper: this.#keeper, tell });
  }

  async open(): Promise<Adapter> {
    const engine = await this.#device.open();
    this.#device.warm(engine);
    const { description, why, kind } = engine.device;
    return { description, why, kind };
  }

  kept() {
    return storage.keptFacts();
  }

  useGenerated(): Signals {
    return factsOf(this.#take(openGenerated(), NO_READING).signals);
  }

  async useFiles(files: readonly Dropped[], reading: Reading): Promise<Signals> {
    const opened = await openDropped(files, reading);
    this.#files = files;
    return factsOf(this.#take(opened, reading).signals);
  }

  keepSignals(): Promise<boolean> {
    const work = this.#needWork();
    return this.#keeper.signals(work, work.signals.kind === 'files' ? this.#files : []);
  }

  async restore(): Promise<Restored> {
    const note = await storage.keptNote();
    if (!note) throw new SignalError('Nothing is kept in this browser any more.');
    const { kind, reading } = note;
    const opened = kind === 'files' ? await openDropped(await storage.keptFiles(), reading) : openGenerated();
    const work = this.#take(opened, reading);
    this.#keeper.takeUp(note);
    const cutting = note.cutting ?? { mains: 'auto', seconds: 1, channels: null };
    const signals = factsOf(opened);
    const bytes = await storage.keptRun();
    if (!bytes) return { signals, cutting, settings: null, model: null, told: [] };
    const kept = readRunFile(bytes);
    const model = await this.#training.takeUp(work, cutting, kept);
    return { signals, cutting, settings: kept.facts.settings, model: model.facts, told: kept.facts.told };
  }

  async wipe(): Promise<undefined> {
    await this.#keeper.wipe();
  }

  traces(recording: number, from: number, seconds: number, points: number) {
    const chosen = this.#needWork().signals.recordings[recording];
    if (!chosen) throw new SignalError(`There is no recording ${recording + 1}.`);
    return tracesOf(chosen, from, seconds, points);
  }

  async train(cutting: Cutting, settings: TrainSettings, fromLoaded: boolean): Promise<undefined> {
    await this.#training.begin(this.#needWork(), cutting, settings, fromLoaded);
  }

  async resume(): Promise<undefined> {
    await this.#training.resume();
  }

  async pause(): Promise<undefined> {
    await this.#training.pause();
  }

  async stop(): Promise<undefined> {
    await this.#training.stop();
  }

  keepSoon(): undefined {
    this.#training.keepSoon();
  }

  async embed(cutting: Cutting) {
    return (await this.#needWork().embed(cutting, this.#training.model)).list();
  }

  map(kind: MapPoints['kind']): Promise<MapPoints> {
    return mapOf(kind, this.#needWork().tokens);
  }

  show(window: number): Promise<Shown> {
    const { own, window: place, start } = this.#needWork().windows.of(window);
    return this.#training.model.show(own, place, `${own.name}, from ${start.toFixed(2)} s`);
  }

  between(a: number, b: number, part: number): Promise<Shown> {
    const { windows } = this.#needWork();
    return this.#training.model.between(windows.of(a), windows.of(b), part);
  }

  async label(chosen: readonly number[], label: string | null) {
    const work = this.#needWork();
    if (label === null) work.windows.takeLabelOff(chosen);
    else work.windows.label(chosen, label);
    void this.#keeper.labels(work.labels);
    return work.windows.labels;
  }

  async labelFrom(file: File) {
    const work = this.#needWork();
    work.labels.readTable(work.signals.places, await file.text(), file.name);
    void this.#keeper.labels(work.labels);
    return work.windows.labels;
  }

  async probe(modality: Modality | null, positive: string | null = null) {
    const { windows, tokens } = this.#needWork();
    const { config } = this.#training.model;
    const busy = (message: string | null) => this.#tell({ kind: 'busy', message });
    try {
      return await probe(await this.#device.open(), windows, tokens, modality, {
        ...(config.encoderDim === tokens.dim && { model: { config } }),
        ...(positive !== null && { positive }),
        // Regressions take the processor for seconds: others have a turn between them.
        say: async (what) => {
          busy(`Probing: ${what}`);
          await new Promise((resolve) => setTimeout(resolve, 0));
        },
      });
    } finally {
      busy(null);
    }
  }

  async loadWeights(files: readonly File[]) {
    return (await this.#training.load(await readWeights(files))).facts;
  }

  saveWeights(): Promise<Blob> {
    return this.#training.weights();
  }

  saveEmbeddings(format: 'parquet' | 'csv'): Promise<Blob> {
    const { windows, tokens } = this.#needWork();
    return embeddingsFile(format, windows, tokens, this.#training.model);
  }

  #take(signals: OpenedSignals, reading: Reading): Workspace {
    this.#training.leave();
    this.#work = new Workspace(
      signals,
      reading,
      (message) => this.#tell({ kind: 'busy', message }),
      this.#labels,
    );
    return this.#work;
  }

  #needWork(): Workspace {
    if (this.#work) return this.#work;
    throw new SignalError('There are no signals yet; choose the generated ones or drop a file.');
  }
}
