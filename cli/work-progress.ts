/** How far work is that is no training run: what is under way, how much of it, how long it takes yet. */
import { ProgressLine, type Say } from '../workflows/progress.ts';
import { type Output, StatusLine } from './status-line.ts';
import { showCount } from './text.ts';

/** Between two lines that stay, and before the first of them, in seconds: what is quicker says nothing. */
const LOG_EVERY = 5;

/** On a terminal one line that is written over and goes in the end; elsewhere a line every few seconds. */
export class WorkProgress {
  readonly #output: Output;
  readonly #now: () => number;
  readonly #status: StatusLine | undefined;
  readonly #line = new ProgressLine();
  readonly #began: number;
  /** What the last line that stays counted, where that was not the whole. */
  #unfinished: string | undefined;

  /** `quiet`: nothing is written. `now` is the time in seconds. */
  constructor(
    quiet: boolean,
    output: Output = process.stdout,
    now: () => number = () => performance.now() / 1000,
  ) {
    this.#output = output;
    this.#now = now;
    this.#status = quiet ? undefined : new StatusLine(output, LOG_EVERY);
    this.#began = now();
  }

  readonly say: Say = (what, done, of) => {
    const seconds = this.#now();
    const line = this.#line.line(what, done, of, seconds);
    // Work comes one after the other: something else means that this is done.
    if (this.#unfinished !== undefined && !this.#unfinished.startsWith(`${what}  `)) this.#finish();
    if (!this.#output.isTTY && seconds - this.#began < LOG_EVERY) return;
    this.#status?.show(() => {
      const isCounted = !this.#output.isTTY && done !== undefined && of !== undefined;
      this.#unfinished = isCounted && done < of ? `${what}  ${showCount(of)}/${showCount(of)}` : undefined;
      return `  ${line}`;
    }, seconds);
  };

  /** The work is done; before anything else is printed. */
  clear(): void {
    this.#finish();
    this.#status?.clear();
  }

  /** Lines that stay do not end in the midst of work that was done. */
  #finish(): void {
    const line = this.#unfinished;
    this.#unfinished = undefined;
    if (line !== undefined) this.#status?.show(() => `  ${line}  done`, this.#now(), true);
  }
}
