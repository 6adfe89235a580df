import type { StepRecord } from '../../workflows/pretraining/loop.ts';
import { type Output, StatusLine } from '../common/status-line.ts';
import { showDuration } from '../common/text.ts';

/** Part of the old value that a new loss leaves in place. */
const SMOOTHING = 0.95;
/** The rate is that of the last so many seconds. */
const RATE_SECONDS = 10;
/** Between two lines that stay, in seconds. */
const LOG_EVERY = 5;

/** Seconds after which a wait is explained. */
const PATIENCE = 2;

/** What takes a while after the last step: `comparing with PCA of training windows: 45 %`. */
export class ComparisonProgress {
  readonly #status: StatusLine;
  readonly #now: () => number;
  readonly #begun: number;

  /** `now` in seconds. */
  constructor(output: Output, now: () => number = () => performance.now() / 1000) {
    this.#status = new StatusLine(output, LOG_EVERY);
    this.#now = now;
    this.#begun = now();
  }

  show(part: number): void {
    const now = this.#now();
    if (now - this.#begun < PATIENCE) return;
    this.#status.show(() => `comparing with PCA of training windows: ${Math.floor(100 * part)} %`, now);
  }

  dispose(): void {
    this.#status.dispose();
  }
}

/** Turns records into a line of progress: `step 120/800  loss 0.9312  412 samples/s  ETA 1:23`. */
export class Progress {
  readonly #status: StatusLine;
  readonly #steps: number;
  #loss = 0;
  #weight = 0;
  #recent: StepRecord[] = [];

  constructor(output: Output, steps: number) {
    this.#status = new StatusLine(output, LOG_EVERY);
    this.#steps = steps;
  }

  add(record: StepRecord): void {
    this.#loss = SMOOTHING * this.#loss + (1 - SMOOTHING) * record.loss;
    this.#weight = SMOOTHING * this.#weight + (1 - SMOOTHING);
    this.#recent.push(record);
    while (this.#recent.length > 2 && (this.#recent[1]?.seconds ?? 0) < record.seconds - RATE_SECONDS)
      this.#recent.shift();
    this.#status.show(() => this.line(record), record.seconds, record.step === this.#steps);
  }

  /** Ends the line that is being written over, before anything else is printed. */
  dispose(): void {
    this.#status.dispose();
  }

  line({ step, auxiliary = {} }: StepRecord): string {
    const width = String(this.#steps).length;
    const parts = [
      `step ${String(step).padStart(width)}/${this.#steps}`,
      `loss ${(this.#loss / this.#weight).toFixed(4)}`,
      ...Object.entries(auxiliary).map(([name, loss]) => `${name} ${loss.toFixed(3)}`),
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
