/** The one model and the one run of it: begun, paused, kept, and taken up again when the device was lost. */
import { DeviceLostError, type Engine } from '../../engine/index.ts';
import { ModelError } from '../../model/index.ts';
import type { Losses } from '../../workflows/index.ts';
import { Superseded } from '../latest.ts';
import type { Cutting, Event, ModelFacts, Outcome, RunState, TrainSettings } from '../messages.ts';
import { type KeptRun, readRunFile, weightsFile } from './checkpoint.ts';
import type { OpenDevice } from './device.ts';
import { inWords } from './in-words.ts';
import type { Keeper } from './keeper.ts';
import { Model } from './model.ts';
import { outcomeOf } from './outcome.ts';
import { Run } from './run.ts';
import { factsOf } from './signals.ts';
import { trainingData } from './training-data.ts';
import type { Loaded } from './weights.ts';
import type { Workspace } from './workspace.ts';

/** Milliseconds after which a wait is explained, and between two words of it. */
const PATIENCE = 2000;
const TELL_EVERY = 500;

interface Surroundings {
  readonly device: OpenDevice;
  readonly keeper: Keeper;
  readonly tell: (event: Event) => void;
  /** Another model takes the place of the one before: what was made with that is none of its. */
  readonly onModel?: () => void;
}

interface Making {
  readonly work: Workspace;
  readonly cutting: Cutting;
  readonly settings: TrainSettings;
  readonly check: () => void;
  readonly loaded?: Loaded;
  readonly facts?: KeptRun['facts'];
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
  readonly #onModel: () => void;
  #model: Model | undefined;
  #current: Current | undefined;
  #state: RunState = 'none';
  /** Weights from files, which a run may start from. */
  #loaded: Loaded | undefined;
  /** Those that the present run started from. */
  #from: Loaded | undefined;
  /** Resolves when training has come to rest. */
  #settled: Promise<unknown> = Promise.resolve();
  /** What is asked for waits for what was asked before: two at once would train one model twice. */
  #last: Promise<unknown> = Promise.resolve();
  /** Models that there were. */
  #models = 0;

  constructor({ device, keeper, tell, onModel = () => {} }: Surroundings) {
    this.#device = device;
    this.#onModel = onModel;
    this.#keeper = keeper;
    this.#tell = tell;
  }

  /** @throws ModelError where nothing was trained or loaded yet. */
  get model(): Model {
    if (this.#model) return this.#model;
    throw new ModelError('There is no model yet; train one, or load weights.');
  }

  get facts(): ModelFacts | null {
    return this.#model ? { ...this.#model.facts, id: this.#models } : null;
  }

  /** The model as a file, which says what its windows were. */
  weights(): Promise<Blob> {
    return this.#turn(() => weightsFile(this.model));
  }

  /** From the first step. `check` throws where it is not wanted any more. */
  async begin(
    work: Workspace,
    cutting: Cutting,
    settings: TrainSettings,
    fromLoaded: boolean,
    check: () => void = () => {},
  ): Promise<void> {
    await this.#afterPause(async () => {
      check();
      const before = this.#state;
      this.#become('starting');
      const from = fromLoaded ? this.#loaded : undefined;
      try {
        await this.#make({ work, cutting, settings, check, ...(from && { loaded: from }) });
      } catch (error) {
        this.#become(this.#current ? before : 'none');
        throw error;
      }
      this.#from = from;
      // Only now: until there is another, the run before is the one that is resumed.
      void this.#keeper.forgetRun();
      this.#go();
    });
  }

  /** Where a run stood that was kept; it waits to be resumed. */
  takeUp(work: Workspace, cutting: Cutting, { loaded, facts }: KeptRun, check: () => void): Promise<Model> {
    return this.#afterPause(async () => {
      const run = await this.#make({ work, cutting, settings: facts.settings, check, loaded, facts });
      if (JSON.stringify(run.source.describe()) !== facts.data)
        this.#note(
          'The windows differ from those that the run was started on: its numbers will differ a little.',
        );
      if (run.model.trainer.step < facts.settings.steps) {
        this.#become('paused');
        await run.preview();
      } else await this.#finish({ run, work });
      return run.model;
    });
  }

  async resume(): Promise<void> {
    await this.#turn(async () => {
      if (!this.#current) throw new ModelError('There is no run to resume; press Train.');
      if (this.#state !== 'paused') return;
      await this.#settled;
      this.#go();
    });
  }

  async pause(): Promise<void> {
    await this.#afterPause(async () => {});
  }

  /** The run ends where it stands, and is measured. */
  async stop(): Promise<void> {
    await this.#afterPause(async () => {
      if (this.#current && this.#state === 'paused') await this.#finish(this.#current);
    });
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

  load(loaded: Loaded, check: () => void = () => {}): Promise<Model> {
    return this.#afterPause(async () => {
      const settings: TrainSettings = {
        size: loaded.size === 'other' ? 'tiny' : loaded.size,
        conditioning: loaded.conditioning,
        learningRate: 2e-4,
        steps: 1000,
        batchSize: 8,
        seed: 1,
      };
      const model = await this.#replace((engine) => Model.loaded(engine, settings, loaded), check);
      this.#loaded = loaded;
      this.#become('none');
      return model;
    });
  }

  /** Opens the device again and resumes from what was kept last. */
  lost(error: DeviceLostError, again: boolean): Promise<void> {
    const was = this.#state;
    return this.#afterPause(async () => {
      const before = this.#current;
      this.#model = undefined;
      this.#current = undefined;
      this.#become('none');
      const said = `${error.message} Reload the page to resume from what this browser keeps.`;
      if (again) return this.#tell({ kind: 'failed', message: `${said} It was lost twice in a row.` });
      try {
        await this.#device.open();
        if (before) await this.#goOnAfterLoss(before, was === 'training');
      } catch (cause) {
        this.#tell({ kind: 'failed', message: `${said} Opening it again failed: ${inWords(cause)}` });
      }
    });
  }

  /** From what was kept of a run; else the few steps before that are done again: they give the same numbers. */
  async #goOnAfterLoss({ run: before, work }: Current, train: boolean): Promise<void> {
    const { cutting } = work;
    if (!cutting) return;
    const bytes = await this.#keeper.keptRun();
    const kept = bytes && readRunFile(bytes);
    const { settings } = kept?.facts ?? before.model;
    const loaded = kept?.loaded ?? this.#from;
    const { model } = await this.#make({
      ...{ work, cutting, settings, check: () => {} },
      ...(loaded && { loaded }),
      ...(kept && { facts: kept.facts }),
    });
    const { step } = model.trainer;
    const from =
      step > 0 ? `resuming from step ${step}, which was kept` : 'starting from the first step again';
    this.#note(`The graphics device was lost and opened again; ${from}.`);
    this.#become('paused');
    this.#tell({ kind: 'restarted', told: kept?.facts.told ?? [] });
    if (train) this.#go();
  }

  async #make({ work, cutting, settings, loaded, facts, check }: Making): Promise<Run> {
    const windows = await work.cut(cutting, check, loaded?.contract);
    const { contract, recipe, ...data } = await trainingData(work.signals, windows, cutting, settings);
    const chosen = loaded ? { ...settings, conditioning: loaded.conditioning } : settings;
    const taught = { recipe, data: data.source.describe() };
    const model = await this.#replace(
      (engine) =>
        loaded ? Model.loaded(engine, chosen, loaded, taught) : Model.fresh(engine, chosen, taught),
      check,
    );
    model.contract = contract;
    const only =
      <A extends unknown[]>(tell: (...told: A) => void) =>
      (...told: A) => {
        if (this.#is({ run, work })) tell(...told);
      };
    const run: Run = new Run({
      ...data,
      model,
      seconds: facts?.seconds ?? 0,
      told: facts?.told ?? [],
      // What is reported after other signals or another model have come would stand beside those.
      listener: {
        progress: only((progress) => this.#tell({ kind: 'progress', progress })),
        previews: only((step, shown) => this.#tell({ kind: 'previews', step, shown })),
        keep: () => this.#keep({ run, work }),
      },
    });
    this.#current = { run, work };
    return run;
  }

  /** A new model takes the place of the one before, whose memory is given back. */
  async #replace(make: (engine: Engine) => Model, check: () => void): Promise<Model> {
    const engine = await this.#device.ready();
    check();
    this.#model?.dispose();
    this.#model = undefined;
    this.#current = undefined;
    this.#models++;
    this.#onModel();
    this.#model = make(engine);
    return this.#model;
  }

  #turn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** The run pauses at its next step, whoever's turn it is. */
  #afterPause<T>(work: () => Promise<T>): Promise<T> {
    this.#current?.run.pause();
    return this.#turn(async () => {
      this.#current?.run.pause();
      await this.#settled;
      return work();
    });
  }

  #go(): void {
    const current = this.#current;
    if (!current) return;
    this.#become('training');
    this.#settled = this.#goOn(current).catch((error: unknown) => {
      // A lost device is reported by who opens it again.
      if (!this.#is(current) || error instanceof DeviceLostError) return;
      this.#become('paused');
      this.#tell({ kind: 'failed', message: inWords(error) });
    });
  }

  async #goOn(current: Current): Promise<void> {
    const end = await current.run.train();
    if (!this.#is(current)) return;
    if (end === 'finished') return this.#finish(current);
    this.#become('paused');
    await current.run.preview();
  }

  async #finish(current: Current): Promise<void> {
    this.#become('finished');
    await current.run.preview();
    const losses = await current.run.measure();
    if (!this.#is(current)) return;
    this.#tell({ kind: 'heldOut', outcome: this.#outcomeOf(current, losses) });
    // Nobody waits for it: whatever is asked for next has its turn in between.
    this.#compare(current, losses).catch((error: unknown) => {
      if (this.#is(current)) this.#note(`The losses could not be compared: ${inWords(error)}`);
    });
  }

  /** Beside linear codes, on the processor alone; ends where the run is not the present one any more. */
  async #compare(current: Current, losses: Losses): Promise<void> {
    const begun = performance.now();
    let toldAt = begun;
    const pause = async (part: number) => {
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (!this.#is(current)) throw new Superseded();
      const now = performance.now();
      if (now - begun < PATIENCE || now - toldAt < TELL_EVERY) return;
      toldAt = now;
      this.#tell({ kind: 'comparing', part });
    };
    const compared = await current.run.compare(losses, pause);
    if (this.#is(current)) this.#tell({ kind: 'compared', outcome: this.#outcomeOf(current, compared) });
  }

  #outcomeOf({ run, work }: Current, losses: Losses): Outcome {
    return outcomeOf(losses, { ...run.model.settings, seconds: work.cutting?.seconds ?? 0 });
  }

  async #keep({ run, work }: Current): Promise<void> {
    if (!this.#is({ run, work }) || run.told.length === 0) return;
    const { step } = run.model.trainer;
    if (await this.#keeper.run(run, work, () => this.#is({ run, work }))) this.#tell({ kind: 'saved', step });
  }

  #is({ run }: Current): boolean {
    return this.#current?.run === run;
  }

  #note(message: string): void {
    this.#tell({ kind: 'note', message });
  }

  #become(state: RunState): void {
    this.#state = state;
    const data = this.#current ? factsOf(this.#current.work.signals).name : null;
    this.#tell({ kind: 'state', state, model: this.facts, data });
  }
}
