import { type Output, StatusLine } from '../status-line.ts';
import { showCount, showDuration } from '../text.ts';

/** The rate is that of the last so many seconds. */
const RATE_SECONDS = 10;
/** Between two lines that stay, in seconds. */
const LOG_EVERY = 10;

interface Reached {
  /** Windows looked at, whether they gave a row or not. */
  readonly windows: number;
  readonly recordings: number;
  /** Of the clock. */
  readonly seconds: number;
}

/** A line of progress: `1,200/86,400 windows  recording 3/12  412 windows/s  ETA 3:25`. */
export class EmbedProgress {
  readonly #status: StatusLine;
  readonly #of: { readonly windows: number; readonly recordings: number };
  #recent: Reached[] = [];

  constructor(output: Output, of: { windows: number; recordings: number }) {
    this.#status = new StatusLine(output, LOG_EVERY);
    this.#of = of;
  }

  add(reached: Reached): void {
    this.#recent.push(reached);
    while (this.#recent.length > 2 && (this.#recent[1]?.seconds ?? 0) < reached.seconds - RATE_SECONDS)
      this.#recent.shift();
    const isLast = reached.recordings >= this.#of.recordings;
    this.#status.show(() => this.line(reached), reached.seconds, isLast);
  }

  /** Ends the line that is being written over, before anything else is printed. */
  dispose(): void {
    this.#status.dispose();
  }

  line({ windows, recordings }: Reached): string {
    const { recordings: all } = this.#of;
    // Dropped ones and gaps make the number that was expected a guess.
    const total = Math.max(this.#of.windows, windows);
    const parts = [
      `${showCount(windows)}/${showCount(total)} windows`,
      `recording ${showCount(Math.min(recordings + 1, all))}/${showCount(all)}`,
    ];
    const speed = this.#speed();
    if (speed > 0) {
      parts.push(`${showSpeed(speed)} windows/s`, `ETA ${showDuration((total - windows) / speed)}`);
    }
    return parts.join('  ');
  }

  /** Nothing until there are two batches: the first contains the compilation. */
  #speed(): number {
    const [first, last] = [this.#recent[0], this.#recent.at(-1)];
    const seconds = (last?.seconds ?? 0) - (first?.seconds ?? 0);
    return seconds > 0 ? ((last?.windows ?? 0) - (first?.windows ?? 0)) / seconds : 0;
  }
}

export function showSpeed(speed: number): string {
  return speed < 10 ? speed.toFixed(1) : showCount(Math.round(speed));
}
