import type { Engine, HostTensor } from '../../../engine/index.ts';
import { randomArray } from '../../../test/support/ndarray.ts';
import type { Row } from '../../contract.ts';
import { BenchmarkError, type Job } from '../job.ts';
import { median, p95 } from '../statistics.ts';
import { type Budget, clock, sampled } from '../timing.ts';

/** Opening a device, drawing weights and compiling, as much as so many operations. */
export const STEP_WEIGHT = 1e10;

export type StepBudget = Pick<Budget, 'samples' | 'least' | 'rowMs'>;

/** Steps are few and long, and their tail is what people wait for: more timings than of kernels. */
export const stepBudget = ({ samples, rowMs }: Budget): StepBudget => ({
  samples: 4 * samples,
  least: 3,
  rowMs: 5 * rowMs,
});

/** For what is only compared. */
export const briefly = (budget: StepBudget): StepBudget => ({ ...budget, rowMs: budget.rowMs / 4 });

export interface Timed {
  readonly wall: readonly number[];
  /** Until everything is submitted: what JavaScript costs, without the device. */
  readonly script: readonly number[];
}

/** Runs of `submit`, each from an idle device until it is idle again. */
export async function timeSteps(
  engine: Engine,
  submit: () => Promise<unknown>,
  budget: StepBudget,
): Promise<Timed> {
  const script: number[] = [];
  const one = () =>
    clock(async () => {
      script.push(await clock(submit));
      await engine.idle();
    });
  return { wall: await sampled(one, budget), script };
}

/** Dispatches and submits of `work`. */
export async function countCommands(
  { recorder: { counts } }: Engine,
  work: () => Promise<unknown>,
): Promise<{ dispatches: number; submits: number }> {
  const before = { ...counts };
  await work();
  return { dispatches: counts.dispatches - before.dispatches, submits: counts.submits - before.submits };
}

export interface Measured {
  readonly timed: Timed;
  /** Windows a step. */
  readonly batch: number;
  readonly flops: number;
  readonly gpuMs: number | null;
  /** For `more`. */
  readonly numbers: Readonly<Record<string, number>>;
}

export function stepRow(
  { id, family, shape }: Pick<Job, 'id' | 'family' | 'shape'>,
  { timed: { wall, script }, batch, flops, gpuMs, numbers }: Measured,
): Row {
  const medianMs = median(wall);
  return {
    id,
    group: 'step',
    family,
    shape,
    medianMs,
    p95Ms: p95(wall),
    gpuMs,
    gflops: flops / medianMs / 1e6,
    gbps: null,
    percentOfPeak: null,
    bound: null,
    error: null,
    peers: [],
    more: {
      ...numbers,
      windowsPerSecond: (1000 * batch) / medianMs,
      scriptMs: median(script),
      scriptPercent: (100 * median(script)) / medianMs,
    },
  };
}

/** Random windows [B, C, T]. */
export function signalOf(shape: readonly number[]): HostTensor & { readonly data: Float32Array } {
  return { data: Float32Array.from(randomArray(shape, 5).data), shape };
}

/** Replayed and eager runs execute the same commands: their bits must agree, and be numbers. */
export function checkSame(id: string, replayed: ArrayLike<number>, eager: ArrayLike<number>): void {
  for (let i = 0; i < Math.min(replayed.length, eager.length); i++) {
    if (replayed[i] !== eager[i] || !Number.isFinite(replayed[i])) {
      throw new BenchmarkError(
        `${id}: value ${i} is ${replayed[i]} replayed and ${eager[i]} run operation by operation; they must be the same number.`,
      );
    }
  }
}
