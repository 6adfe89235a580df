/** Keeps what the page works on, as long as the browser lets it. */
import { DeviceLostError } from '../../engine/index.ts';
import type { Dropped } from '../messages.ts';
import { type RunFacts, runFile } from './checkpoint.ts';
import type { Labels } from './labels.ts';
import type { Run } from './run.ts';
import * as storage from './storage.ts';
import type { Workspace } from './workspace.ts';

export class Keeper {
  readonly #tell: (message: string) => void;
  /** False once something could not be kept, and once a person has wiped it all. */
  #keeps = true;
  /** One thing is written after the other. */
  #last: Promise<void> = Promise.resolve();
  /** Where the run stands that is kept. */
  #run: storage.SessionNote['run'] = null;

  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  /** Signals that are new: what was kept before goes. False where they are not kept. */
  async signals(workspace: Workspace, files: readonly Dropped[]): Promise<boolean> {
    this.#run = null;
    await this.#keep(() => storage.keepFiles(files, () => this.#keeps));
    await this.note(workspace);
    return this.#keeps;
  }

  /** Signals and a run that were kept are in use again. */
  takeUp({ run }: storage.SessionNote): void {
    this.#run = run;
  }

  async forgetRun(): Promise<void> {
    this.#run = null;
    await this.#keep(() => storage.forgetRun());
  }

  /** True where it is kept. */
  async run({ model, told, seconds, source }: Run, workspace: Workspace): Promise<boolean> {
    const { settings, trainer } = model;
    const { step } = trainer;
    const facts: RunFacts = { settings, seconds, data: JSON.stringify(source.describe()), told };
    await this.#keep(async () => storage.keepRun(await runFile(model, facts)));
    this.#run = { step, steps: settings.steps, seconds };
    await this.note(workspace);
    return this.#keeps;
  }

  async note(workspace: Workspace): Promise<void> {
    await this.#keep(() => storage.keepNote(workspace.note(this.#run)));
  }

  async labels(labels: Labels): Promise<void> {
    await this.#keep(() => storage.keepLabels(labels.all));
  }

  /** Removes everything; nothing more is kept until the page is loaded again. */
  async wipe(): Promise<void> {
    this.#keeps = false;
    this.#run = null;
    await this.#last.catch(() => {});
    await storage.wipe();
  }

  /** The page works where nothing can be stored (private windows, a full disk); it says so once. */
  #keep(work: () => Promise<unknown>): Promise<void> {
    const before = this.#last.catch(() => {});
    this.#last = before.then(() => this.#keepNow(work));
    return this.#last;
  }

  async #keepNow(work: () => Promise<unknown>): Promise<void> {
    if (!this.#keeps) return;
    try {
      await work();
    } catch (error) {
      if (error instanceof DeviceLostError) throw error;
      // It was wiped while this was being written.
      if (!this.#keeps) return;
      this.#keeps = false;
      const why = error instanceof Error ? error.message : String(error);
      this.#tell(
        `Nothing can be kept in this browser (${why}): a reload starts afresh. Save the weights before you leave.`,
      );
    }
  }
}
