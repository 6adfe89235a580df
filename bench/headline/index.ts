import type { Engine } from '../../engine/index.ts';
import type { Row } from '../contract.ts';
import { median, p95, pairRatio } from '../suite/statistics.ts';
import type { Contender } from './contender.ts';
import { flattened } from './flattened.ts';
import { Entry, FULL, type HeadlineBudget, QUICK } from './measure.ts';
import { moment } from './moment.ts';
import { QUICK_SHAPES, SHAPES, shapeName, type WindowShape } from './shapes.ts';
import { spotr } from './spotr.ts';

export const CONTENDERS = [spotr(), flattened(), moment()] as const;

export interface HeadlineOptions {
  /** Four windows, and little time for each. */
  readonly quick?: boolean;
  readonly windows?: readonly WindowShape[];
  readonly budget?: HeadlineBudget;
  /** The first is what the others are compared with. */
  readonly contenders?: readonly [Contender, ...(readonly Contender[])];
}

/**
 * The paper's efficiency comparison on one adapter: SPOTR's encoder, the same over flattened tokens and one of MOMENT's
 * shape, batch 1, forward. The encoders take turns, so that a machine that slows down slows all of them; each has an
 * engine of its own. Rows come a window at a time. `more` holds what a table needs beside the times:
 *
 * - `multiplyAdds`, `tokens`, `parameters`, `weightBytes`, `peakBytes` (weights and activations), `windowsPerSecond`
 * - `timeOverSpotr` (median over the rounds) and `memoryOverSpotr`
 * - `rounds` timed; `sequences` and `timedSequences`, fewer where a slow adapter was spared some: then times are those
 *   of the part, multiplied up
 */
export async function* headlineRows(
  open: () => Promise<Engine>,
  options: HeadlineOptions = {},
): AsyncGenerator<Row> {
  const { quick = false, contenders = CONTENDERS } = options;
  const budget = options.budget ?? (quick ? QUICK : FULL);
  for (const window of options.windows ?? (quick ? QUICK_SHAPES : SHAPES)) {
    yield* windowRows(window, contenders, budget, open);
  }
}

interface Timed {
  readonly entry: Entry;
  readonly times: readonly number[];
}

async function* windowRows(
  window: WindowShape,
  contenders: readonly Contender[],
  budget: HeadlineBudget,
  open: () => Promise<Engine>,
): AsyncGenerator<Row> {
  const entries: Entry[] = [];
  try {
    for (const contender of contenders) entries.push(await Entry.open(contender, window, open));
    const timed = await timeByTurns(entries, budget);
    for (const each of timed) yield rowOf(window, each, timed[0] ?? each, await each.entry.gpuMs());
  } finally {
    for (const entry of entries) entry.dispose();
  }
}

async function timeByTurns(entries: readonly Entry[], budget: HeadlineBudget): Promise<readonly Timed[]> {
  const timed = entries.map((entry) => ({ entry, times: [] as number[] }));
  for (const entry of entries) await entry.warmUp(budget);
  const start = performance.now();
  for (let round = 0; round < budget.rounds; round++) {
    if (round >= budget.least && performance.now() - start > budget.encoderMs * entries.length) break;
    for (const { entry, times } of timed) times.push(await entry.time());
  }
  return timed;
}

function rowOf(window: WindowShape, { entry, times }: Timed, first: Timed, gpuMs: number | null): Row {
  const { contender, work, peakBytes, weightBytes, timedSequences } = entry;
  const medianMs = median(times);
  return {
    id: `headline/${shapeName(window)}/${contender.name}`,
    group: 'headline',
    family: 'headline',
    shape: shapeName(window),
    medianMs,
    p95Ms: p95(times),
    gpuMs,
    gflops: (2 * work.multiplyAdds) / medianMs / 1e6,
    gbps: null,
    percentOfPeak: null,
    bound: null,
    error: null,
    peers: [],
    more: {
      multiplyAdds: work.multiplyAdds,
      tokens: work.tokens,
      parameters: contender.parameters,
      weightBytes,
      peakBytes,
      windowsPerSecond: 1000 / medianMs,
      timeOverSpotr: pairRatio(first.times, times),
      memoryOverSpotr: peakBytes / first.entry.peakBytes,
      rounds: times.length,
      sequences: work.sequences,
      timedSequences,
    },
  };
}
