/** What is under way and how much of it is done, for command and page alike. */
import { showCount, showDuration } from './words.ts';

/**
 * Reports what is under way and, where that can be counted, how much of it is done. Called often, and awaited, so that others may
 * have a turn: it takes little time itself.
 */
export type Say = (what: string, done?: number, of?: number) => void | Promise<void>;

export const SAY_NOTHING: Say = () => {};

/** The rate is that of the last so many seconds. */
const RATE_SECONDS = 10;

/** A line of progress: `raw samples  3/5  ETA 0:12`. The time that is left comes from what was done in the last seconds. */
export class ProgressLine {
  #what: string | undefined;
  #recent: { readonly done: number; readonly seconds: number }[] = [];

  /** `seconds` is the time now. */
  line(what: string, done: number | undefined, of: number | undefined, seconds: number): string {
    if (what !== this.#what || done === undefined) this.#recent = [];
    this.#what = what;
    if (done === undefined || of === undefined) return what;
    const last = this.#recent.at(-1);
    if (!last || last.done !== done) this.#recent.push({ done, seconds });
    while (this.#recent.length > 3 && (this.#recent[1]?.seconds ?? 0) < seconds - RATE_SECONDS)
      this.#recent.shift();
    // The first holds what is done once, such as compiling.
    const [, ...since] = this.#recent;
    const counted = `${what}  ${showCount(done)}/${showCount(of)}`;
    const [first, newest] = [since[0], since.at(-1)];
    if (!first || !newest || !(newest.done > first.done) || !(newest.seconds > first.seconds)) return counted;
    const rate = (newest.done - first.done) / (newest.seconds - first.seconds);
    const left = Math.max(0, (of - newest.done) / rate - (seconds - newest.seconds));
    return `${counted}  ETA ${showDuration(left)}`;
  }
}
