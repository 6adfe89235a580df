/** Keeps what the page works on, as long as the browser lets it. */
import { DeviceLostError } from '../../engine/index.ts';
import type { Dropped, Event } from '../messages.ts';
import { type RunFacts, runFile } from './checkpoint.ts';
import type { Labels, OwnLabels } from './labels.ts';
import type { Run } from './run.ts';
import { Sole } from './sole.ts';
import * as storage from './storage.ts';
import type { Workspace } from './workspace.ts';

export type KeeperTells = Extract<Event, { readonly kind: 'note' | 'keeping' | 'saved' }>;

export class Keeper {
  readonly #tell: (event: KeeperTells) => void;
  /** False once something could not be kept, and once a person has wiped it all. */
  #keeps = true;
  /** One thing is written after the other. */
  #last: Promise<void> = Promise.resolve();
  /** Where the run stands that is kept. */
  #run: storage.SessionNote['run'] = null;
  readonly #sole = new Sole(async () => {
    const kept = this.#keeps;
    this.#stop();
    await this.#last.catch(() => {});
    if (kept)
      this.#say(
        'Another tab of this page has wiped what was kept: nothing more is kept from this one either.',
      );
  });

  constructor(tell: (event: KeeperTells) => void) {
    this.#tell = tell;
  }

  /** Signals that are new: what was kept before goes. False where they are not kept. */
  async signals(workspace: Workspace, files: readonly Dropped[], isWanted: () => boolean): Promise<boolean> {
    this.#run = null;
    await this.#keep(async () => {
      if (!isWanted()) return;
      await storage.keepFiles(files, () => this.#keeps && isWanted());
      this.#tell({ kind: 'saved', step: null });
      // Half of the files would be opened as if they were all.
      if (isWanted()) await storage.keepNote(workspace.note(this.#run));
    });
    return this.#keeps && isWanted();
  }

  /** Signals and a run that were kept are in use again. */
  takeUp({ run }: storage.SessionNote): void {
    this.#run = run;
  }

  async forgetRun(): Promise<void> {
    this.#run = null;
    await this.#keep(async () => {
      await storage.forgetRun();
      this.#tell({ kind: 'saved', step: null });
    });
  }

  /** The run that was kept from here: what lies there may be another tab's. */
  async keptRun(): Promise<Uint8Array | undefined> {
    return this.#run !== null && (await this.#sole.isIt) ? storage.keptRun() : undefined;
  }

  /** True where it is kept, and wanted to the end: the note beside other signals or another run must not be of this one. */
  async run(run: Run, workspace: Workspace, isWanted: () => boolean): Promise<boolean> {
    const { model, source } = run;
    const { settings, trainer } = model;
    let isKept = false;
    await this.#keep(async () => {
      if (!isWanted()) return;
      // As it stands now: it may have trained on while something else was written, and the note must be of the file's step.
      const { step } = trainer;
      const { seconds, told } = run;
      const facts: RunFacts = { settings, seconds, data: JSON.stringify(source.describe()), told };
      await storage.keepRun(await runFile(model, facts));
      // What has come meanwhile removes the file in its own turn.
      if (!isWanted()) return;
      this.#run = { step, steps: settings.steps, seconds };
      await storage.keepNote(workspace.note(this.#run));
      isKept = true;
    });
    return isKept && this.#keeps && isWanted();
  }

  async labels(labels: Labels): Promise<void> {
    await this.#keep(() => storage.keepLabels(labels.all));
  }

  /** Those that are kept, of whatever recordings. */
  async keptLabels(): Promise<readonly OwnLabels[]> {
    try {
      return await storage.keptLabels();
    } catch (error) {
      this.#stop();
      this.#say(
        `The labels kept in this browser cannot be read (${messageOf(error)}): they are left as they are, and nothing is kept from now on.`,
      );
      return [];
    }
  }

  /** Removes everything; nothing more is kept until the page is loaded again. @throws where another tab keeps writing. */
  async wipe(): Promise<void> {
    this.#stop();
    this.#run = null;
    await this.#last.catch(() => {});
    await this.#sole.takeOver();
    await storage.wipe();
    this.#sole.letGo();
  }

  /** The page works where nothing can be stored (private windows, a full disk); it says so once. */
  #keep(work: () => Promise<unknown>): Promise<void> {
    const before = this.#last.catch(() => {});
    this.#last = before.then(() => this.#keepNow(work));
    return this.#last;
  }

  async #keepNow(work: () => Promise<unknown>): Promise<void> {
    if (!this.#keeps) return;
    if (!(await this.#sole.isIt)) {
      if (!this.#keeps) return;
      this.#stop();
      this.#say(
        'Another tab of this page keeps its work in this browser, so nothing of this one is kept: save labels and weights before you leave.',
      );
      return;
    }
    try {
      await work();
    } catch (error) {
      if (error instanceof DeviceLostError) throw error;
      // It was wiped while this was being written.
      if (!this.#keeps) return;
      this.#stop();
      this.#say(
        `Nothing more can be kept in this browser (${messageOf(error)}): save labels and weights before you leave.`,
      );
    }
  }

  #stop(): void {
    this.#keeps = false;
    this.#tell({ kind: 'keeping', keeps: false });
  }

  #say(message: string): void {
    this.#tell({ kind: 'note', message });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
