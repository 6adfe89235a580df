/** The one model and the one run of it: begun, paused, kept, and taken up again when the device was lost. */
import { DeviceLostError, type Engine } from '../../engine/index.ts';
import { ModelError } from '../../model/index.ts';
import type { Cutting, Event, RunState, TrainSettings } from '../messages.ts';
import { type KeptRun, readRunFile, weightsFile } from './checkpoint.ts';
import type { OpenDevice } from './device.ts';
import type { Keeper } from './keeper.ts';
import { Model } from './model.ts';
import { Run } from './run.ts';
import * as storage from './storage.ts';
import { trainingData } from './training-data.ts';
import type { Loaded } from './weights.ts';
import type { Workspace } from './workspace.ts';

interface Surroundings {
  readonly device: OpenDevice;
  readonly keeper: Keeper;
  readonly tell: (event: Event) => void;
}

/** A run, and the signals that it learns from. */
interface Current {
  readonly run: Run;
  readonly work: Workspace;
}

export class Training {
  readonly #device: OpenDevice;
  readonly #keeper: Keeper;
  readonly #tell: (event: Event) => void;
  #model: Model | undefined;
  #current: Current | undefined;
  #state: RunState = 'none';
  /** Weights from files, which a run may start from. */
  #loaded: Loaded | undefined;
  /** Those that the present run started from. */
  #from: Loaded | undefined;
  /** Resolves when training has come to rest. */
  #settled: Promise<unknown> = Promise.resolve();

  constructor({ device, keeper, tell }: Surroundings) {
    this.#device = device;
    this.#keeper = keeper;
    this.#tell = tell;
  }

  /** @throws ModelError where nothing was trained or loaded yet. */
  get model(): Model {
    if (this.#model) return this.#model;
    throw new ModelError('There is no model yet; train one, or load weights.');
  }

  /** The model as a file, which says what its windows were. */
  weights(): Promise<Blob> {
    return weightsFile(this.model, this.#current?.run.source);
  }

  /** From the first step. */
  async begin(
    work: Workspace,
    cutting: Cutting,
    settings: TrainSettings,
    fromLoaded: boolean,
  ): Promise<void> {
    await this.pause();
    this.#become('starting');
    void this.#keeper.forgetRun();
    this.#from = fromLoaded ? this.#loaded : undefined;
    try {
      await this.#make(work, cutting, settings, this.#from);
    } catch (error) {
      this.#become(this.#current ? 'paused' : 'none');
      throw error;
    }
    this.#go();
  }

  /** Where a run stood that was kept; it waits to be resumed. */
  async takeUp(work: Workspace, cutting: Cutting, { loaded, facts }: KeptRun): Promise<Model> {
    const run = await this.#make(work, cutting, facts.settings, loaded, facts);
    if (JSON.stringify(run.source.describe()) !== facts.data)
      this.#note(
        'The windows are not quite those that the run was started on: its numbers will differ a little.',
      );
    this.#become('paused');
    await run.preview();
    return run.model;
  }

  async resume(): Promise<void> {
    if (!this.#current) throw new ModelError('There is no run to go on with; press Train.');
    await this.#settled;
    this.#go();
  }

  async pause(): Promise<void> {
    this.#current?.run.pause();
    await this.#settled;
  }

  /** The run ends where it stands, and is measured. */
  async stop(): Promise<void> {
    await this.pause();
    if (this.#current) await this.#finish(this.#current);
  }

  /** The run is written at the next step: the page may be closed before the minute is over. */
  keepSoon(): void {
    this.#current?.run.keepSoon();
  }

  /** Other signals are worked on now: their run is another. */
  leave(): void {
    this.#current?.run.pause();
    this.#current = undefined;
    this.#become('none');
  }

  async load(loaded: Loaded): Promise<Model> {
    await this.pause();
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
    this.#become('none');
    return model;
  }

  /** Opens the device again and goes on from what was kept last. */
  async lost(error: DeviceLostError, again: boolean): Promise<void> {
    const [before, was] = [this.#current, this.#state];
    before?.run.pause();
    await this.#settled;
    this.#model = undefined;
    this.#current = undefined;
    this.#become('none');
    const said = `${error.message} What is kept in this browser is still there: reload the page.`;
    if (again) return this.#tell({ kind: 'failed', message: `${said} It was lost twice in a row.` });
    try {
      await this.#device.open();
      if (before) await this.#goOnAfterLoss(before, was === 'training');
    } catch (cause) {
      this.#tell({ kind: 'failed', message: `${said} Opening it again failed: ${messageOf(cause)}` });
    }
  }

  /** From what was kept of a run; else the few steps before that are done again: they give the same numbers. */
  async #goOnAfterLoss({ run: before, work }: Current, train: boolean): Promise<void> {
    const { cutting } = work;
    if (!cutting) return;
    const bytes = await storage.keptRun();
    const kept = bytes && readRunFile(bytes);
    const { settings } = kept?.facts ?? before.model;
    const { model } = await this.#make(work, cutting, settings, kept?.loaded ?? this.#from, kept?.facts);
    const { step } = model.trainer;
    this.#tell({ kind: 'restarted', step });
    const from =
      step > 0 ? `going on from step ${step}, which was kept` : 'starting from the first step again';
    this.#note(`The graphics device was lost and opened again; ${from}.`);
    this.#become('paused');
    if (train) this.#go();
  }

  async #make(
    work: Workspace,
    cutting: Cutting,
    settings: TrainSettings,
    loaded?: Loaded,
    facts?: KeptRun['facts'],
  ): Promise<Run> {
    const { recordings } = await work.cut(cutting);
    const data = await trainingData(work.signals, recordings, cutting, settings);
    const chosen = loaded ? { ...settings, conditioning: loaded.conditioning } : settings;
    const model = await this.#replace((engine) =>
      loaded ? Model.loaded(engine, chosen, loaded) : Model.fresh(engine, chosen),
    );
    const run: Run = new Run({
      ...data,
      model,
      seconds: facts?.seconds ?? 0,
      told: facts?.told ?? [],
      listener: {
        progress: (progress) => this.#tell({ kind: 'progress', progress }),
        previews: (step, shown) => this.#tell({ kind: 'previews', step, shown }),
        keep: () => this.#keep({ run, work }),
      },
    });
    this.#current = { run, work };
    return run;
  }

  /** A new model takes the place of the one before, whose memory is given back. */
  async #replace(make: (engine: Engine) => Model): Promise<Model> {
    const engine = await this.#device.ready();
    this.#model?.close();
    this.#model = undefined;
    this.#current = undefined;
    this.#model = make(engine);
    return this.#model;
  }

  #go(): void {
    const current = this.#current;
    if (!current) return;
    this.#become('training');
    this.#settled = this.#goOn(current).catch((error: unknown) => {
      // Of a lost device the one who opens it again tells.
      if (!this.#is(current) || error instanceof DeviceLostError) return;
      this.#become('paused');
      this.#tell({ kind: 'failed', message: messageOf(error) });
    });
  }

  async #goOn(current: Current): Promise<void> {
    const end = await current.run.train();
    if (!this.#is(current)) return;
    if (end === 'finished') return this.#finish(current);
    await this.#keep(current);
    this.#become('paused');
    await current.run.preview();
  }

  async #finish(current: Current): Promise<void> {
    await this.#keep(current);
    this.#become('finished');
    await current.run.preview();
    this.#tell({ kind: 'heldOut', rows: await current.run.measure() });
  }

  async #keep({ run, work }: Current): Promise<void> {
    if (!this.#is({ run, work }) || run.told.length === 0) return;
    const { step } = run.model.trainer;
    if (await this.#keeper.run(run, work)) this.#tell({ kind: 'saved', step });
  }

  #is({ run }: Current): boolean {
    return this.#current?.run === run;
  }

  #note(message: string): void {
    this.#tell({ kind: 'note', message });
  }

  #become(state: RunState): void {
    this.#state = state;
    this.#tell({ kind: 'state', state, model: this.#model?.facts ?? null });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
