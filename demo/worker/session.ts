/** What the page asks for, and the one model and run that it is about. */
import { type Modality, SignalError } from '../../data/index.ts';
import { DeviceLostError, type Engine } from '../../engine/index.ts';
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
  TrainSettings,
} from '../messages.ts';
import { type RunFacts, readRunFile, weightsFile } from './checkpoint.ts';
import { OpenDevice } from './device.ts';
import { embeddingsFile } from './embeddings-file.ts';
import { Keeper } from './keeper.ts';
import { mapOf } from './maps.ts';
import { Model } from './model.ts';
import { probe } from './probe.ts';
import { Run } from './run.ts';
import { factsOf, type OpenedSignals, openDropped, openGenerated, tracesOf } from './signals.ts';
import * as storage from './storage.ts';
import { trainingData } from './training-data.ts';
import { type Loaded, readWeights } from './weights.ts';
import { labelFromTable } from './windows.ts';
import { Workspace } from './workspace.ts';

const NO_READING: Reading = { rate: null, modality: null };

type Handlers = {
  [N in keyof Calls]: (...args: Parameters<Calls[N]>) => ReturnType<Calls[N]> | Promise<ReturnType<Calls[N]>>;
};

export class Session implements Handlers {
  readonly #tell: (event: Event) => void;
  readonly #device = new OpenDevice((error, again) => void this.#lost(error, again));
  readonly #keeper = new Keeper((message) => this.#tell({ kind: 'note', message }));
  #work: Workspace | undefined;
  #model: Model | undefined;
  #run: Run | undefined;
  #state: RunState = 'none';
  /** Weights from files, which a run may start from. */
  #loaded: Loaded | undefined;
  /** Those that the present run started from. */
  #from: Loaded | undefined;
  /** Resolves when training has come to rest. */
  #settled: Promise<unknown> = Promise.resolve();

  constructor(tell: (event: Event) => void) {
    this.#tell = tell;
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

  useGenerated(): Promise<Signals> {
    return this.#use(openGenerated(), NO_READING, []);
  }

  async useFiles(files: readonly File[], reading: Reading): Promise<Signals> {
    return this.#use(await openDropped(files, reading), reading, files);
  }

  async restore(): Promise<Restored> {
    const note = await storage.keptNote();
    if (!note) throw new SignalError('Nothing is kept in this browser any more.');
    const { kind, reading } = note;
    const opened = kind === 'files' ? await openDropped(await storage.keptFiles(), reading) : openGenerated();
    const work = this.#take(opened, reading);
    work.takeUp(note);
    this.#keeper.takeUp(note);
    const cutting = note.cutting ?? { mains: 'auto', seconds: 1, channels: null };
    const signals = factsOf(opened, this.#keeper.keeps);
    const bytes = await storage.keptRun();
    if (!bytes) return { signals, cutting, settings: null, model: null, told: [] };
    const { loaded, facts } = readRunFile(bytes);
    const run = await this.#start(cutting, facts.settings, loaded, facts);
    if (JSON.stringify(run.source.describe()) !== facts.data)
      this.#tell({
        kind: 'note',
        message:
          'The windows are not quite those that the run was started on: its numbers will differ a little.',
      });
    this.#become('paused');
    await run.preview();
    return { signals, cutting, settings: facts.settings, model: run.model.facts, told: facts.told };
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
    await this.#halt();
    this.#become('starting');
    await this.#keeper.forgetRun();
    this.#from = fromLoaded ? this.#loaded : undefined;
    try {
      await this.#start(cutting, settings, this.#from);
    } catch (error) {
      this.#become(this.#run ? 'paused' : 'none');
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

  async stop(): Promise<undefined> {
    await this.#halt();
    if (this.#run) await this.#finish(this.#run);
  }

  async embed(cutting: Cutting) {
    return (await this.#needWork().embed(cutting, this.#needModel())).list();
  }

  map(kind: MapPoints['kind']): Promise<MapPoints> {
    return mapOf(kind, this.#needWork().tokens);
  }

  show(window: number): Promise<Shown> {
    const { own, window: place, start } = this.#needWork().windows.of(window);
    return this.#needModel().show(own, place, `${own.name}, from ${start.toFixed(2)} s`);
  }

  between(a: number, b: number, part: number): Promise<Shown> {
    const { windows } = this.#needWork();
    return this.#needModel().between(windows.of(a), windows.of(b), part);
  }

  async label(chosen: readonly number[], label: string | null) {
    const work = this.#needWork();
    work.windows.label(chosen, label);
    await this.#keeper.note(work);
    return work.windows.labels;
  }

  async labelFrom(file: File) {
    const work = this.#needWork();
    labelFromTable(work.signals, await file.text(), file.name);
    await this.#keeper.note(work);
    return work.windows.labels;
  }

  async probe(modality: Modality | null) {
    const { windows, tokens } = this.#needWork();
    return probe(await this.#device.open(), windows, tokens, modality);
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
    const model = await this.#replace((engine) => Model.loaded(engine, settings, loaded));
    this.#loaded = loaded;
    this.#run = undefined;
    this.#become('none');
    return model.facts;
  }

  saveWeights(): Promise<Blob> {
    return weightsFile(this.#needModel(), this.#run?.source);
  }

  saveEmbeddings(format: 'parquet' | 'csv'): Promise<Blob> {
    const { windows, tokens } = this.#needWork();
    return embeddingsFile(format, windows, tokens, this.#needModel());
  }

  async #use(opened: OpenedSignals, reading: Reading, files: readonly File[]): Promise<Signals> {
    await this.#keeper.signals(this.#take(opened, reading), files);
    return factsOf(opened, this.#keeper.keeps);
  }

  #take(signals: OpenedSignals, reading: Reading): Workspace {
    this.#run?.pause();
    this.#run = undefined;
    this.#work = new Workspace(signals, reading, (message) => this.#tell({ kind: 'busy', message }));
    this.#become('none');
    return this.#work;
  }

  async #start(cutting: Cutting, settings: TrainSettings, loaded?: Loaded, facts?: RunFacts): Promise<Run> {
    const work = this.#needWork();
    const { recordings } = await work.cut(cutting);
    const data = await trainingData(work.signals, recordings, cutting, settings);
    const chosen = loaded ? { ...settings, conditioning: loaded.conditioning } : settings;
    const model = await this.#replace((engine) =>
      loaded ? Model.loaded(engine, chosen, loaded) : Model.fresh(engine, chosen),
    );
    const run = new Run({
      ...data,
      model,
      seconds: facts?.seconds ?? 0,
      told: facts?.told ?? [],
      listener: {
        progress: (progress) => this.#tell({ kind: 'progress', progress }),
        previews: (step, shown) => this.#tell({ kind: 'previews', step, shown }),
        keep: () => this.#keep(run),
      },
    });
    this.#run = run;
    return run;
  }

  /** A new model takes the place of the one before, whose memory is given back. */
  async #replace(make: (engine: Engine) => Model): Promise<Model> {
    const engine = await this.#device.ready();
    this.#model?.close();
    this.#model = undefined;
    this.#run = undefined;
    this.#model = make(engine);
    return this.#model;
  }

  #go(): void {
    const run = this.#run;
    if (!run) return;
    this.#become('training');
    this.#settled = this.#goOn(run).catch((error: unknown) => {
      // Of a lost device the one who opens it again tells.
      if (this.#run !== run || error instanceof DeviceLostError) return;
      this.#become('paused');
      this.#tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    });
  }

  async #goOn(run: Run): Promise<void> {
    const end = await run.train();
    if (this.#run !== run) return;
    if (end === 'finished') return this.#finish(run);
    await this.#keep(run);
    this.#become('paused');
    await run.preview();
  }

  async #halt(): Promise<void> {
    this.#run?.pause();
    await this.#settled;
  }

  /** The run ends where it stands, and is measured on what is held out. */
  async #finish(run: Run): Promise<void> {
    await this.#keep(run);
    this.#become('finished');
    await run.preview();
    this.#tell({ kind: 'heldOut', rows: await run.measure() });
  }

  async #keep(run: Run): Promise<void> {
    if (this.#run !== run || run.told.length === 0) return;
    const { step } = run.model.trainer;
    if (await this.#keeper.run(run, this.#needWork())) this.#tell({ kind: 'saved', step });
  }

  /** Opens the device again and goes on from what was kept last. */
  async #lost(error: DeviceLostError, again: boolean): Promise<void> {
    const [before, was] = [this.#run, this.#state];
    before?.pause();
    await this.#settled;
    this.#model = undefined;
    this.#run = undefined;
    this.#become('none');
    const said = `${error.message} What is kept in this browser is still there: reload the page.`;
    if (again) return this.#tell({ kind: 'failed', message: `${said} It was lost twice in a row.` });
    try {
      await this.#device.open();
      if (before) await this.#takeUp(before, was === 'training');
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      this.#tell({ kind: 'failed', message: `${said} Opening it again failed: ${why}` });
    }
  }

  /** Goes on from what was kept of a run, or does the few steps before that again: they give the same numbers. */
  async #takeUp(before: Run, train: boolean): Promise<void> {
    const { cutting } = this.#needWork();
    if (!cutting) return;
    const bytes = await storage.keptRun();
    const kept = bytes && readRunFile(bytes);
    const { settings } = kept?.facts ?? before.model;
    const { model } = await this.#start(cutting, settings, kept?.loaded ?? this.#from, kept?.facts);
    const { step } = model.trainer;
    this.#tell({ kind: 'restarted', step });
    const from =
      step > 0 ? `going on from step ${step}, which was kept` : 'starting from the first step again';
    this.#tell({ kind: 'note', message: `The graphics device was lost and opened again; ${from}.` });
    this.#become('paused');
    if (train) this.#go();
  }

  #become(state: RunState): void {
    this.#state = state;
    this.#tell({ kind: 'state', state, model: this.#model?.facts ?? null });
  }

  #needWork(): Workspace {
    if (this.#work) return this.#work;
    throw new SignalError('There are no signals yet; choose the generated ones or drop a file.');
  }

  #needModel(): Model {
    if (this.#model) return this.#model;
    throw new ModelError('There is no model yet; train one, or load weights.');
  }
}
