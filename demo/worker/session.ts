/** Everything that the page works on, in one place: signals, windows, the model and its run. */
import { type Modality, SignalError } from '../../data/index.ts';
import { DeviceLostError, type Engine, openEngine } from '../../engine/index.ts';
import { ModelError } from '../../model/index.ts';
import type {
  Adapter,
  Calls,
  Cutting,
  Event,
  MapPoints,
  Reading,
  Restored,
  RunState,
  Shown,
  Signals,
  StepTold,
  TrainSettings,
} from '../messages.ts';
import { readRunFile, runFile, weightsFile } from './checkpoint.ts';
import { embeddingsFile } from './embeddings-file.ts';
import { mapOf, type Tokens } from './maps.ts';
import { Model } from './model.ts';
import { probe } from './probe.ts';
import { Run } from './run.ts';
import { factsOf, type OpenedSignals, openDropped, openGenerated, tracesOf } from './signals.ts';
import * as storage from './storage.ts';
import { trainingData } from './training-data.ts';
import { warmUp } from './warm-up.ts';
import { type Loaded, readWeights } from './weights.ts';
import { cut, labelFromTable, WindowSet } from './windows.ts';

const NO_READING: Reading = { rate: null, modality: null };
/** A device that is lost again within so many milliseconds is not opened a third time. */
const LOST_AGAIN = 30_000;

type Handlers = {
  [N in keyof Calls]: (...args: Parameters<Calls[N]>) => ReturnType<Calls[N]> | Promise<ReturnType<Calls[N]>>;
};

export class Session implements Handlers {
  readonly #tell: (event: Event) => void;
  #engine: Engine | undefined;
  #signals: OpenedSignals | undefined;
  #reading = NO_READING;
  #cutting: Cutting | undefined;
  #windows: WindowSet | undefined;
  #byHand = new Map<string, string | null>();
  #model: Model | undefined;
  #run: Run | undefined;
  #state: RunState = 'none';
  #tokens: Tokens | undefined;
  #keeps = true;
  #lostAt = Number.NEGATIVE_INFINITY;
  /** Weights from files, which the next run starts from. */
  #loaded: Loaded | undefined;
  #settled: Promise<unknown> = Promise.resolve();
  #warming: Promise<unknown> = Promise.resolve();
  #kept: { step: number; steps: number; seconds: number } | null = null;

  constructor(tell: (event: Event) => void) {
    this.#tell = tell;
  }

  async open(): Promise<Adapter> {
    const { description, why, kind } = (await this.#opened()).device;
    this.#warm();
    return { description, why, kind };
  }

  kept() {
    return storage.keptFacts();
  }

  async useGenerated(): Promise<Signals> {
    this.#take(openGenerated(), NO_READING);
    await this.#keep(() => storage.forgetFiles());
    await this.#note();
    return factsOf(this.#need(), this.#keeps);
  }

  async useFiles(files: readonly File[], reading: Reading): Promise<Signals> {
    this.#take(await openDropped(files, reading), reading);
    await this.#keep(() => storage.keepFiles(files));
    await this.#note();
    return factsOf(this.#need(), this.#keeps);
  }

  async restore(): Promise<Restored> {
    const note = await storage.keptNote();
    if (!note) throw new SignalError('Nothing is kept in this browser any more.');
    const files = note.kind === 'files' ? await storage.keptFiles() : [];
    this.#take(
      note.kind === 'files' ? await openDropped(files, note.reading) : openGenerated(),
      note.reading,
    );
    const signals = this.#need();
    this.#byHand = new Map(note.labels);
    for (const [name, stretches] of note.stretches) signals.labels.set(name, stretches);
    const cutting = note.cutting ?? { mains: 'auto', seconds: 2, channels: null };
    this.#cutting = cutting;
    const bytes = await storage.keptRun();
    if (!bytes) return { signals: factsOf(signals, true), cutting, settings: null, model: null, told: [] };
    const { loaded, facts } = readRunFile(bytes);
    await this.#start(cutting, facts.settings, loaded, facts);
    if (JSON.stringify(this.#run?.source.describe()) !== facts.data)
      this.#tell({
        kind: 'note',
        message:
          'The windows are not quite those that the run was started on: its numbers will differ a little.',
      });
    this.#kept = note.run;
    this.#become('paused');
    await this.#run?.preview();
    return {
      signals: factsOf(signals, true),
      cutting,
      settings: facts.settings,
      model: this.#model?.facts ?? null,
      told: facts.told,
    };
  }

  async wipe(): Promise<undefined> {
    await storage.wipe();
    this.#kept = null;
  }

  traces(recording: number, from: number, seconds: number, points: number) {
    const chosen = this.#need().recordings[recording];
    if (!chosen) throw new SignalError(`There is no recording ${recording + 1}.`);
    return tracesOf(chosen, from, seconds, points);
  }

  /** Begins a run; how it goes is told by events. */
  async train(cutting: Cutting, settings: TrainSettings): Promise<undefined> {
    await this.#halt();
    this.#become('starting');
    await this.#keep(() => storage.forgetRun());
    this.#kept = null;
    try {
      await this.#start(cutting, settings, this.#loaded);
    } catch (error) {
      this.#become(this.#model ? 'paused' : 'none');
      throw error;
    }
    this.#go();
  }

  async resume(): Promise<undefined> {
    if (!this.#run) throw new ModelError('There is no run to go on with; press Train.');
    await this.#settled;
    this.#go();
  }

  async pause(): Promise<undefined> {
    await this.#halt();
  }

  /** Ends the run where it stands, and measures it on what is held out. */
  async stop(): Promise<undefined> {
    await this.#halt();
    if (this.#run) await this.#finish(this.#run);
  }

  async embed(cutting: Cutting) {
    const model = this.#needModel();
    const windows = await this.#cut(cutting);
    const dim = model.config.encoderDim;
    const values = new Float32Array(windows.places.length * dim);
    const step = model.trainer.step;
    for (let first = 0; first < windows.places.length; ) {
      const { recording } = windows.places[first] as { recording: number };
      let end = first;
      while (windows.places[end]?.recording === recording) end++;
      const own = windows.recordings[recording];
      if (own)
        values.set(
          await model.embed(
            own,
            windows.places.slice(first, end).map(({ window }) => window),
          ),
          first * dim,
        );
      first = end;
      this.#tell({
        kind: 'busy',
        message: `Squeezing window ${first} of ${windows.places.length} into its token`,
      });
    }
    this.#tell({ kind: 'busy', message: null });
    this.#tokens = { values, dim, step };
    return windows.list();
  }

  map(kind: MapPoints['kind']): Promise<MapPoints> {
    return mapOf(kind, this.#needTokens());
  }

  async show(window: number): Promise<Shown> {
    const { own, window: place, start } = this.#needWindows().of(window);
    return this.#needModel().show(own, place, `${own.name}, from ${start.toFixed(2)} s`);
  }

  between(a: number, b: number, part: number): Promise<Shown> {
    const windows = this.#needWindows();
    return this.#needModel().between(windows.of(a), windows.of(b), part);
  }

  async label(chosen: readonly number[], label: string | null) {
    const windows = this.#needWindows();
    windows.label(chosen, label);
    await this.#note();
    return windows.labels;
  }

  async labelFrom(file: File) {
    labelFromTable(this.#need(), await file.text(), file.name);
    const windows = this.#needWindows();
    await this.#note();
    return windows.labels;
  }

  async probe(modality: Modality | null) {
    return probe(await this.#opened(), this.#needWindows(), this.#needTokens(), modality);
  }

  async loadWeights(files: readonly File[]) {
    const loaded = await readWeights(files);
    await this.#halt();
    const settings: TrainSettings = {
      size: loaded.size === 'other' ? 'tiny' : loaded.size,
      conditioning: loaded.conditioning,
      learningRate: 2e-4,
      steps: 1000,
      batchSize: 8,
      seed: 1,
    };
    await this.#replace((engine) => Model.loaded(engine, settings, loaded));
    this.#loaded = loaded;
    this.#run = undefined;
    this.#become('none');
    return this.#needModel().facts;
  }

  async saveWeights(): Promise<Blob> {
    return weightsFile(this.#needModel());
  }

  saveEmbeddings(format: 'parquet' | 'csv'): Promise<Blob> {
    return embeddingsFile(format, this.#needWindows(), this.#needTokens(), this.#needModel());
  }

  async #opened(): Promise<Engine> {
    if (this.#engine) return this.#engine;
    const engine = await openEngine();
    this.#engine = engine;
    void engine.device.lost.then((error) => this.#lost(engine, error));
    return engine;
  }

  /** Opens the device again and goes on from what was kept last. */
  async #lost(engine: Engine, error: DeviceLostError): Promise<void> {
    if (this.#engine !== engine) return;
    this.#engine = undefined;
    const again = performance.now() - this.#lostAt < LOST_AGAIN;
    this.#lostAt = performance.now();
    const wasTraining = this.#state === 'training' || this.#state === 'starting';
    const before = this.#run;
    before?.pause();
    await this.#settled.catch(() => {});
    this.#model = undefined;
    this.#run = undefined;
    this.#become('none');
    if (again)
      return this.#tell({
        kind: 'failed',
        message: `${error.message} It was lost twice in a row: reload the page; what is kept in this browser is still there.`,
      });
    try {
      await this.#opened();
      if (before && this.#cutting) await this.#takeUp(before, this.#cutting, wasTraining);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      this.#tell({ kind: 'failed', message: `${error.message} Opening it again failed: ${why}` });
    }
  }

  /** Goes on from what was kept of a run, or does the few steps before that again: they give the same numbers. */
  async #takeUp(before: Run, cutting: Cutting, train: boolean): Promise<void> {
    const bytes = await storage.keptRun();
    const kept = bytes && readRunFile(bytes);
    await this.#start(
      cutting,
      kept?.facts.settings ?? before.model.settings,
      kept?.loaded ?? this.#loaded,
      kept?.facts,
    );
    const step = this.#run?.model.trainer.step ?? 0;
    this.#tell({ kind: 'restarted', step });
    this.#tell({
      kind: 'note',
      message: `The graphics device was lost and opened again; ${step > 0 ? `going on from step ${step}, which was kept` : 'starting from the first step again'}.`,
    });
    this.#become('paused');
    if (train) this.#go();
  }

  #take(signals: OpenedSignals, reading: Reading): void {
    this.#run?.pause();
    this.#signals = signals;
    this.#reading = reading;
    this.#windows = undefined;
    this.#tokens = undefined;
    this.#byHand = new Map();
    this.#run = undefined;
    this.#cutting = undefined;
    this.#kept = null;
    this.#become('none');
  }

  async #cut(cutting: Cutting): Promise<WindowSet> {
    const known = this.#windows;
    if (known && JSON.stringify(this.#cutting) === JSON.stringify(cutting)) return known;
    const signals = this.#need();
    this.#tell({ kind: 'busy', message: 'Cutting the recordings into windows' });
    const recordings = await cut(signals, cutting).finally(() => this.#tell({ kind: 'busy', message: null }));
    this.#windows = new WindowSet(recordings, cutting.seconds, signals, this.#byHand);
    this.#cutting = cutting;
    this.#tokens = undefined;
    return this.#windows;
  }

  async #start(
    cutting: Cutting,
    settings: TrainSettings,
    loaded?: Loaded,
    facts?: { seconds: number; told: readonly StepTold[] },
  ): Promise<void> {
    const { recordings } = await this.#cut(cutting);
    const data = await trainingData(this.#need(), recordings, cutting, settings);
    const chosen = loaded ? { ...settings, conditioning: loaded.conditioning } : settings;
    const model = await this.#replace((engine) =>
      loaded ? Model.loaded(engine, chosen, loaded) : Model.fresh(engine, chosen),
    );
    this.#run = new Run({
      ...data,
      model,
      seconds: facts?.seconds ?? 0,
      told: facts?.told ?? [],
      listener: {
        progress: (progress) => this.#tell({ kind: 'progress', progress }),
        previews: (step, shown) => this.#tell({ kind: 'previews', step, shown }),
        keep: () => this.#keepRun(),
      },
    });
  }

  /** A new model takes the place of the one before, whose memory is given back. */
  async #replace(make: (engine: Engine) => Model): Promise<Model> {
    const engine = await this.#opened();
    await this.#warming;
    this.#model?.close();
    this.#model = undefined;
    this.#model = make(engine);
    return this.#model;
  }

  /** Compiles the kernels of the default model while a person chooses signals and looks at them, so that training begins at once. */
  #warm(): void {
    const engine = this.#engine;
    if (!engine || this.#model) return;
    this.#warming = warmUp(engine).catch(() => {
      // What cannot work says so when it is asked for.
    });
  }

  #go(): void {
    const run = this.#run;
    if (!run) return;
    this.#become('training');
    this.#settled = run
      .train()
      .then(async (end) => {
        if (this.#run !== run) return;
        if (end === 'finished') await this.#finish(run);
        else {
          await this.#keepRun();
          this.#become('paused');
          await run.preview();
        }
      })
      .catch((error: unknown) => {
        if (this.#run !== run || error instanceof DeviceLostError) return;
        this.#become('paused');
        this.#tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
      });
  }

  async #halt(): Promise<void> {
    this.#run?.pause();
    await this.#settled;
  }

  async #finish(run: Run): Promise<void> {
    await this.#keepRun();
    this.#become('finished');
    await run.preview();
    this.#tell({ kind: 'heldOut', rows: await run.measure() });
  }

  async #keepRun(): Promise<void> {
    const run = this.#run;
    if (!run || run.told.length === 0) return;
    const { model, told, seconds } = run;
    const { step } = model.trainer;
    const data = JSON.stringify(run.source.describe());
    await this.#keep(async () =>
      storage.keepRun(await runFile(model, { settings: model.settings, seconds, data, told })),
    );
    this.#kept = { step, steps: model.settings.steps, seconds };
    await this.#note();
    if (this.#keeps) this.#tell({ kind: 'saved', step });
  }

  async #note(): Promise<void> {
    const signals = this.#signals;
    if (!signals) return;
    await this.#keep(() =>
      storage.keepNote({
        kind: signals.kind,
        names: signals.kind === 'files' ? signals.recordings.map(({ name }) => name) : [],
        reading: this.#reading,
        cutting: this.#cutting ?? null,
        labels: [...this.#byHand],
        stretches: signals.kind === 'files' ? [...signals.labels] : [],
        run: this.#kept,
      }),
    );
  }

  /** The page works where nothing can be stored (private windows, a full disk); it says so once. */
  async #keep(work: () => Promise<unknown>): Promise<void> {
    if (!this.#keeps) return;
    try {
      await work();
    } catch (error) {
      if (error instanceof DeviceLostError) throw error;
      this.#keeps = false;
      const why = error instanceof Error ? error.message : String(error);
      this.#tell({
        kind: 'note',
        message: `Nothing can be kept in this browser (${why}): a reload starts afresh. Save the weights before you leave.`,
      });
    }
  }

  #become(state: RunState): void {
    this.#state = state;
    this.#tell({ kind: 'state', state, model: this.#model?.facts ?? null });
  }

  #need(): OpenedSignals {
    if (this.#signals) return this.#signals;
    throw new SignalError('There are no signals yet; choose the generated ones or drop a file.');
  }

  #needModel(): Model {
    if (this.#model) return this.#model;
    throw new ModelError('There is no model yet; train one, or load weights.');
  }

  #needWindows(): WindowSet {
    if (this.#windows) return this.#windows;
    throw new SignalError('There is no map yet; make it first.');
  }

  #needTokens(): Tokens {
    if (this.#tokens) return this.#tokens;
    throw new SignalError('There is no map yet; make it first.');
  }
}
