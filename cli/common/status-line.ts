import { onOneLine } from './text.ts';

/** Where progress goes: a terminal, or anything else that takes text. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Between two lines, in seconds, on a terminal, where a line is written over. */
const TERMINAL_EVERY = 0.1;

/** One line that tells how far something is: on a terminal it is written over, elsewhere each line stays. */
export class StatusLine {
  readonly #output: Output;
  readonly #every: number;
  #shown = Number.NEGATIVE_INFINITY;
  #lineOpen = false;

  /** Lines that stay are at least `logEvery` seconds apart. */
  constructor(output: Output, logEvery: number) {
    this.#output = output;
    this.#every = output.isTTY ? TERMINAL_EVERY : logEvery;
  }

  /** `seconds` is the time now; a line that comes too early is left out, unless it is the last. */
  show(line: () => string, seconds: number, last = false): void {
    if (seconds - this.#shown < this.#every && !last) return;
    this.#shown = seconds;
    if (this.#output.isTTY) {
      // A line that wraps cannot be written over. Some terminals say that they have no columns.
      const room = Math.max(20, (this.#output.columns || 80) - 1);
      this.#output.write(`\r\u001b[2K${onOneLine(line()).slice(0, room)}`);
      this.#lineOpen = true;
    } else {
      this.#output.write(`${onOneLine(line())}\n`);
    }
  }

  /** Takes the line that is being written over away, before anything else is printed. */
  clear(): void {
    if (this.#lineOpen) this.#output.write('\r\u001b[2K');
    this.#lineOpen = false;
  }

  /** Ends the line that is being written over, before anything else is printed. */
  dispose(): void {
    if (this.#lineOpen) this.#output.write('\n');
    this.#lineOpen = false;
  }
}
