import { showDuration } from '../text.ts';
import type { StepRecord } from './loop.ts';

/** Where progress goes: a terminal, or anything else that takes text. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Part of the old value that a new loss leaves in place. */
const SMOOTHING = 0.95;
/** The rate is that of the last so many seconds. */
const RATE_SECONDS = 10;
/** Between two lines, in seconds: on a terminal the line is written over, elsewhere each stays. */
const TERMINAL_EVERY = 0.1;
const LOG_EVERY = 5;

/** Turns records into a line of progress: `step 120/800  loss 0.9312  412 samples/s  ETA 1:23`. */
export class Progress {
  readonly #output: Output;
  readonly #steps: number;
  #loss = 0;
  #weight = 0;
  #recent: StepRecord[] = [];
  #shown = Number.NEGATIVE_INFINITY;
  #lineOpen = false;

  constructor(output: Output, steps: number) {
    this.#output = output;
    this.#steps = steps;
  }

  add(record: StepRecord): void {
    this.#loss = SMOOTHING * this.#loss + (1 - SMOOTHING) * record.loss;
    this.#weight = SMOOTHING * this.#weight + (1 - SMOOTHING);
    this.#recent.push(record);
    while (this.#recent.length > 2 && (this.#recent[1]?.seconds ?? 0) < record.seconds - RATE_SECONDS)
      this.#recent.shift();
    const every = this.#output.isTTY ? TERMINAL_EVERY : LOG_EVERY;
    if (record.seconds - this.#shown < every && record.step < this.#steps) return;
    this.#shown = record.seconds;
    if (this.#output.isTTY) {
      // A line that wraps cannot be written over.
      const room = Math.max(20, (this.#output.columns ?? 80) - 1);
      this.#output.write(`\r\u001b[2K${this.line(record).slice(0, room)}`);
      this.#lineOpen = true;
    } else {
      this.#output.write(`${this.line(record)}\n`);
    }
  }

  /** Ends the line that is being written over, before anything else is printed. */
  close(): void {
    if (this.#lineOpen) this.#output.write('\n');
    this.#lineOpen = false;
  }

  line({ step }: StepRecord): string {
    const width = String(this.#steps).length;
    const parts = [
      `step ${String(step).padStart(width)}/${this.#steps}`,
      `loss ${(this.#loss / this.#weight).toFixed(4)}`,
    ];
    const speed = this.#speed();
    if (speed) {
      parts.push(`${speed.samples < 10 ? speed.samples.toFixed(1) : Math.round(speed.samples)} samples/s`);
      parts.push(`ETA ${showDuration((this.#steps - step) / speed.steps)}`);
    }
    return parts.join('  ');
  }

  /** A second, over the last steps. Nothing until there are two: the first contains the compilation. */
  #speed(): { samples: number; steps: number } | undefined {
    const [first, ...rest] = this.#recent;
    const seconds = (rest.at(-1)?.seconds ?? 0) - (first?.seconds ?? 0);
    if (!(seconds > 0)) return undefined;
    return {
      samples: rest.reduce((sum, { samples }) => sum + samples, 0) / seconds,
      steps: rest.length / seconds,
    };
  }
}
