import type { Runner } from '../contract.ts';

/** How long to time a row. */
export interface Budget {
  /** One timing covers as many repetitions as take at least this long, so that the clock's grain does not show. */
  readonly sampleMs: number;
  /** Timings of a row at most, and at least. */
  readonly samples: number;
  readonly least: number;
  /** No further timing starts once this has passed. */
  readonly rowMs: number;
  /** Interleaved pairs against each peer at most. */
  readonly pairs: number;
}

export const FULL: Budget = { sampleMs: 8, samples: 21, least: 5, rowMs: 400, pairs: 7 };
export const QUICK: Budget = { sampleMs: 4, samples: 7, least: 3, rowMs: 120, pairs: 3 };

/** Repetitions of one timing at most: a submit of more commands helps nobody. */
const MOST_REPEATS = 256;
const QUICK_SAMPLES = 20;

/** Milliseconds that `work` takes by the clock. */
export async function clock(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Of three times, where that is quick: a hiccup of the machine would pass for a slow kernel, timed with few repetitions. */
async function fastest(runner: Pick<Runner, 'run'>, repeats: number, sampleMs: number): Promise<number> {
  let best = await clock(() => runner.run(repeats));
  for (let i = 0; i < 2 && best < QUICK_SAMPLES * sampleMs; i++)
    best = Math.min(best, await clock(() => runner.run(repeats)));
  return best;
}

/** Repetitions, a power of two, that take at least `sampleMs`. Warms the runner up, pipelines compiled. */
export async function calibrate(runner: Pick<Runner, 'run'>, { sampleMs }: Budget): Promise<number> {
  await runner.run(1);
  let repeats = 1;
  let time = await fastest(runner, 1, sampleMs);
  while (time < sampleMs && repeats < MOST_REPEATS) {
    // The first guess counts the cost of a submit once a repetition, which more repetitions share.
    const wanted = 2 ** Math.ceil(Math.log2((repeats * sampleMs) / Math.max(time, 1e-3)));
    repeats = Math.min(MOST_REPEATS, Math.max(2 * repeats, wanted));
    time = await fastest(runner, repeats, sampleMs);
  }
  return repeats;
}

/** Timings of `one`, in milliseconds, until there are enough or the budget is spent. */
export async function sampled(
  one: () => Promise<number>,
  { samples, least, rowMs }: Pick<Budget, 'samples' | 'least' | 'rowMs'>,
): Promise<number[]> {
  const times: number[] = [];
  const start = performance.now();
  while (times.length < samples && (times.length < least || performance.now() - start < rowMs)) {
    times.push(await one());
  }
  return times;
}

/** Milliseconds a repetition, timing by timing. */
export function timings(runner: Pick<Runner, 'run'>, repeats: number, budget: Budget): Promise<number[]> {
  return sampled(async () => (await clock(() => runner.run(repeats))) / repeats, budget);
}

export interface Pairs {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

/** Ours and theirs by turns, milliseconds a repetition. Both have been calibrated. */
export async function pairedTimings(
  ours: { readonly runner: Pick<Runner, 'run'>; readonly repeats: number },
  theirs: { readonly runner: Pick<Runner, 'run'>; readonly repeats: number },
  { pairs, rowMs }: Budget,
): Promise<Pairs> {
  const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
  const one = async () => {
    times.ours.push((await clock(() => ours.runner.run(ours.repeats))) / ours.repeats);
    times.theirs.push((await clock(() => theirs.runner.run(theirs.repeats))) / theirs.repeats);
    return 0;
  };
  await sampled(one, { samples: pairs, least: 3, rowMs });
  return times;
}
