/** How far work is that is no training run: what is under way, how much of it, how long it takes yet. */
import { ProgressLine, type Say } from '../../workflows/progress.ts';
import { type Output, StatusLine } from './status-line.ts';

/** Between two lines that stay, and before the first of them, in seconds: what is quicker says nothing. */
const LOG_EVERY = 5;

/**
 * On a terminal one line that is written over and goes in the end; elsewhere a line every few seconds, and where a piece of work
 * has had one, its last, so that a log does not end in the middle.
 */
export class WorkProgress {
  readonly #output: Output;
  readonly #now: () => number;
  readonly #status: StatusLine | undefined;
  readonly #line = new ProgressLine();
  readonly #began: number;
  /** Of which a line stands in the log, and its end does not yet. */
  #logged: string | undefined;

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
    if (!this.#output.isTTY && seconds - this.#began < LOG_EVERY) return;
    const ends = done !== undefined && done === of && this.#logged === what;
    this.#status?.show(
      () => {
        this.#logged = ends ? undefined : what;
        return `  ${line}`;
      },
      seconds,
      ends,
    );
  };

  /** Before anything else is printed. */
  clear(): void {
    this.#status?.clear();
  }
}
