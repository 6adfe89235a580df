/** What the page asks for: signals, windows and files here, the model and its run in training.ts. */
import { decodeFile, type Modality, SignalError, secondsOfKind } from '../../data/index.ts';
import { ProgressLine, type Say } from '../../workflows/progress.ts';
import { Latest, type Sources, Superseded } from '../latest.ts';
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
import { fromFormer } from './former-labels.ts';
import { Keeper } from './keeper.ts';
import { few } from './label-files.ts';
import { Labels } from './labels.ts';
import { mapOf } from './maps.ts';
import { probe } from './probe.ts';
import { factsOf, type OpenedSignals, openDropped, openGenerated } from './signals.ts';
import * as storage from './storage.ts';
import { tracesOf } from './traces.ts';
import { Training } from './training.ts';
import { readWeights } from './weights.ts';
import type { WindowSet } from './windows.ts';
import { Workspace } from './workspace.ts';

const NO_READING: Reading = { rate: null, modality: null };

type Handlers = {
  [N in keyof Calls]: (...args: Parameters<Calls[N]>) => ReturnType<Calls[N]> | Promise<ReturnType<Calls[N]>>;
};

/** Milliseconds between two lines that report how far a probe is. */
const PROBING_EVERY = 100;

type Lane = 'signals' | 'traces' | 'model' | 'run' | 'windows' | 'map' | 'show' | 'between' | 'probe';

const SOURCES: Sources<Lane> = {
  signals: [],
  traces: ['signals'],
  model: [],
  run: ['signals'],
  windows: ['signals', 'model'],
  map: ['windows'],
  show: ['windows'],
  between: ['windows'],
  probe: ['windows'],
};

export class Session implements Handlers {
  readonly #tell: (event: Event) => void;
  readonly #device = new OpenDevice((error, again) => void this.#training.lost(error, again));
  readonly #keeper = new Keeper((event) => this.#tell(event));
  readonly #training: Training;
  readonly #latest = new Latest(SOURCES);
  /** Of all recordings that there were; found where they are kept when signals are first opened. */
  #labels: Promise<Labels> | undefined;
  #work: Workspace | undefined;
  /** Resolves when the tables of labels chosen so far are read. */
  #tables: Promise<unknown> = Promise.resolve();
  /** As they were dropped. */
  #files: readonly Dropped[] = [];

  constructor(tell: (event: Event) => void) {
    this.#tell = tell;
    const onModel = () => {
      this.#latest.change('model');
      this.#work?.forgetMap();
    };
    this.#training = new Training({ device: this.#device, keeper: this.#keeper, tell, onModel });
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

  async useGenerated(): Promise<Signals> {
    return factsOf((await this.#use(openGenerated, [], NO_READING)).signals);
  }

  async useFiles(files: readonly Dropped[], reading: Reading): Promise<Signals> {
    return factsOf((await this.#use(() => openDropped(files, reading), files, reading)).signals);
  }

  readAgain(reading: Reading): Promise<Signals> {
    return this.useFiles(this.#files, reading);
  }

  async keepSignals(): Promise<boolean> {
    const work = this.#needWork();
    return this.#keeper.signals(work, this.#files, () => this.#work === work);
  }

  async restore(): Promise<Restored> {
    const note = await storage.keptNote();
    if (!note) throw new SignalError('Nothing is kept in this browser any more.');
    const { kind, reading } = note;
    const files = kind === 'files' ? await storage.keptFiles() : [];
    const work = await this.#use(
      () => (kind === 'files' ? openDropped(files, reading) : openGenerated()),
      files,
      reading,
    );
    this.#keeper.takeUp(note);
    const cutting = note.cutting ?? { mains: 'auto', seconds: 1, channels: null };
    work.labels.add(fromFormer(note, secondsOfKind(cutting.seconds, undefined), work.signals.places));
    this.#tellLabels(work);
    const bytes = await storage.keptRun();
    const facts = { signals: factsOf(work.signals), reading, cutting };
    if (!bytes) return { ...facts, settings: null, model: null, told: [] };
    const kept = readRunFile(bytes);
    await this.#latest.ask('run', (check) => this.#training.takeUp(work, cutting, kept, check));
    return { ...facts, settings: kept.facts.settings, model: this.#training.facts, told: kept.facts.told };
  }

  async wipe(): Promise<undefined> {
    await this.#keeper.wipe();
  }

  traces(recording: number, from: number, seconds: number, points: number) {
    return this.#latest.ask('traces', () => {
      const chosen = this.#needWork().signals.recordings[recording];
      if (!chosen) throw new SignalError(`There is no recording ${recording + 1}.`);
      return tracesOf(chosen, from, seconds, points);
    });
  }

  async train(cutting: Cutting, settings: TrainSettings, fromLoaded: boolean): Promise<undefined> {
    const work = this.#needWork();
    await this.#latest.ask('run', (check) =>
      this.#training.begin(work, cutting, settings, fromLoaded, check),
    );
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
    const work = this.#needWork();
    const { windows } = await this.#latest.ask(
      'windows',
      (check) => work.embed(cutting, this.#training.model, check),
      (mapped) => work.show(mapped),
    );
    this.#tellLabels(work);
    return windows.list();
  }

  map(kind: MapPoints['kind']): Promise<MapPoints> {
    return this.#latest.ask('map', () => mapOf(kind, this.#needWork().tokens));
  }

  show(window: number, of?: number): Promise<Shown> {
    return this.#latest.ask('show', () => {
      const { own, window: place, start } = this.#windowsOf(of).of(window);
      return this.#training.model.show(own, place, `${own.name}, from ${start.toFixed(2)} s`);
    });
  }

  between(a: number, b: number, part: number, of?: number): Promise<Shown> {
    return this.#latest.ask('between', () => {
      const windows = this.#windowsOf(of);
      return this.#training.model.between(windows.of(a), windows.of(b), part);
    });
  }

  async label(chosen: readonly number[], label: string | null, of?: number) {
    const windows = this.#windowsOf(of);
    if (label === null) windows.takeLabelOff(chosen);
    else windows.label(chosen, label);
    return this.#labelled(this.#needWork());
  }

  /** @throws Superseded where the list of windows that was meant is not that of the map any more. */
  #windowsOf(id: number | undefined): WindowSet {
    const { windows } = this.#needWork();
    if (id !== undefined && id !== windows.id) throw new Superseded();
    return windows;
  }

  labelFrom(file: File, sure = true) {
    // One after the other: what was chosen last is read last.
    const reading = this.#tables.then(() => this.#readTable(file, sure));
    this.#tables = reading.catch(() => {});
    return reading;
  }

  async #readTable(file: File, sure: boolean) {
    const text = decodeFile(new Uint8Array(await file.arrayBuffer()));
    const work = this.#needWork();
    const { labels, signals } = work;
    const gone = sure ? [] : labels.replacedBy(signals.places, text, file.name);
    if (gone.length > 0)
      return {
        asks: `The labels of ${few(gone)} come from a table already. Those of ${file.name} would take their place; labels by hand stay.`,
      };
    const { missing, notes } = labels.readTable(signals.places, text, file.name);
    const absent =
      missing.length > 0
        ? [
            `${file.name} also has labels of ${few(missing)}, not among the recordings at hand: these were not read.`,
          ]
        : [];
    const message = [...absent, ...notes].join(' ');
    if (message) this.#tell({ kind: 'note', message });
    return this.#labelled(work);
  }

  async undoLabels() {
    const work = this.#needWork();
    work.labels.undo();
    return this.#labelled(work);
  }

  async saveLabels(): Promise<Blob> {
    return new Blob([(await this.#allLabels()).csv(this.#work?.signals.places ?? [])], { type: 'text/csv' });
  }

  async probe(modality: Modality | null, positive: string | null = null) {
    return this.#latest.ask('probe', async (check) => {
      const { windows, tokens } = this.#needWork();
      const { config } = this.#training.model;
      return probe(await this.#device.open(), windows, tokens, modality, {
        ...(config.encoderDim === tokens.dim && { model: { config } }),
        ...(positive !== null && { positive }),
        // Regressions take the processor for seconds: others have a turn between them.
        say: this.#saying(check),
      });
    });
  }

  /** Tells how far the probe is, and lets others have a turn: often enough for a person, not at every count. */
  #saying(check: () => void): Say {
    const line = new ProgressLine();
    let shown = Number.NEGATIVE_INFINITY;
    return async (what, done, of) => {
      check();
      const now = performance.now();
      const text = line.line(what, done, of, now / 1000);
      if (now - shown < PROBING_EVERY) return;
      this.#tell({ kind: 'probing', what: text });
      await new Promise((resolve) => setTimeout(resolve, 0));
      shown = performance.now();
      check();
    };
  }

  async stopProbe(): Promise<undefined> {
    await this.#latest.ask('probe', () => undefined);
  }

  async loadWeights(files: readonly File[]) {
    await this.#latest.ask('model', async (check) => {
      const loaded = await readWeights(files);
      check();
      return this.#training.load(loaded, check);
    });
    const { facts } = this.#training;
    if (!facts) throw new Superseded();
    return facts;
  }

  saveWeights(): Promise<Blob> {
    return this.#training.weights();
  }

  async saveEmbeddings(format: 'parquet' | 'csv'): Promise<Blob> {
    const { windows, tokens } = this.#needWork();
    const engine = await this.#device.open();
    return embeddingsFile(format, windows, tokens, engine.device.description);
  }

  /** Signals are opened, and worked on where nothing newer was chosen meanwhile. */
  #use(
    open: () => Promise<OpenedSignals> | OpenedSignals,
    files: readonly Dropped[],
    reading: Reading,
  ): Promise<Workspace> {
    const busy = (message: string | null) => this.#tell({ kind: 'busy', message });
    const onCut = (remarks: readonly string[]) => this.#tell({ kind: 'cut', remarks });
    return this.#latest.ask(
      'signals',
      async () => new Workspace(await open(), reading, busy, await this.#allLabels(), onCut),
      (work) => {
        this.#files = files;
        this.#training.leave();
        this.#work = work;
        this.#tell({ kind: 'signals', signals: factsOf(work.signals), reading });
        this.#tellLabels(work);
      },
    );
  }

  #allLabels(): Promise<Labels> {
    this.#labels ??= this.#keeper.keptLabels().then((kept) => new Labels(kept));
    return this.#labels;
  }

  #labelled(work: Workspace) {
    void this.#keeper.labels(work.labels);
    return this.#tellLabels(work);
  }

  #tellLabels(work: Workspace): readonly (string | null)[] {
    const windows = work.isMapped ? work.windows.labels : [];
    const keys = new Set(work.signals.places.map(({ key }) => key));
    const labelled = work.labels.all;
    this.#tell({
      kind: 'labels',
      labels: {
        windows,
        division: work.isMapped ? work.windows.division : [],
        recordings: labelled.length,
        elsewhere: labelled.filter(({ key }) => !keys.has(key)).length,
        undoable: work.labels.undoable,
        leftOut: work.labels.leftOut(work.signals.places),
      },
    });
    return windows;
  }

  #needWork(): Workspace {
    if (this.#work) return this.#work;
    throw new SignalError('There are no signals yet; choose the generated ones or drop a file.');
  }
}
