import { type Engine, type HostTensor, Random, type Step } from '../../engine/index.ts';
import { SIZES, type SpotrSize } from '../../model/config.ts';
import { Encoder } from '../../model/encoder.ts';
import { Pretrainer } from '../../model/pretrainer.ts';
import { ModuleState } from '../../model/state.ts';
import { Initialization } from '../../model/weights.ts';
import { randomArray } from '../../test/support/ndarray.ts';
import type { Row } from '../contract.ts';
import { type Extent, modelFlops, showWindow, TYPICAL, WINDOWS } from './cases/index.ts';
import type { Window } from './cases/spotr.ts';
import { BenchmarkError, type Context, type Job } from './job.ts';
import { median, p95 } from './statistics.ts';
import { type Budget, clock, sampled } from './timing.ts';

/** Opening a device, drawing weights and compiling, as much as so many operations. */
const STEP_WEIGHT = 2e9;

const SHORT: Window = { channels: 2, samples: 200 };

/** Windows a second of `tiny` are many, of `base` on a processor few: the base model at one window only. */
const EMBEDDED: Readonly<Record<Extent, readonly (readonly [SpotrSize, readonly Window[]])[]>> = {
  quick: [
    ['tiny', [TYPICAL]],
    ['small', [TYPICAL]],
  ],
  full: [
    ['tiny', WINDOWS],
    ['small', WINDOWS],
    ['medium', WINDOWS],
    ['base', [TYPICAL]],
  ],
};

const TRAINED: Readonly<Record<Extent, readonly (readonly [SpotrSize, Window, readonly number[]])[]>> = {
  quick: [['tiny', SHORT, [8]]],
  full: [
    ['tiny', SHORT, [1, 8, 32]],
    ['small', TYPICAL, [1, 4, 8]],
    ['medium', TYPICAL, [1, 4]],
    ['base', TYPICAL, [1]],
  ],
};

/** Whole steps: embedding one window, and training. */
export function stepJobs(extent: Extent): Job[] {
  return [
    ...EMBEDDED[extent].flatMap(([size, windows]) => windows.map((window) => embedJob(size, window))),
    ...TRAINED[extent].flatMap(([size, window, batches]) =>
      batches.map((batch) => trainJob(size, window, batch)),
    ),
  ];
}

/** Steps are few and long: as many as kernels get repetitions would take minutes. */
const stepBudget = ({ samples, rowMs }: Budget) => ({
  samples: 4 * samples,
  least: 3,
  rowMs: 5 * rowMs,
});

interface Timed {
  readonly wall: number[];
  /** Until everything is submitted: what JavaScript costs, the device's time excluded. */
  readonly script: number[];
}

/** Runs of `submit`, each from an idle device until it is idle again. */
async function timeSteps(
  engine: Engine,
  submit: () => Promise<unknown>,
  budget: ReturnType<typeof stepBudget>,
): Promise<Timed> {
  const script: number[] = [];
  const wall = await sampled(
    () =>
      clock(async () => {
        script.push(await clock(submit));
        await engine.idle();
      }),
    budget,
  );
  return { wall, script };
}

/** What both kinds of rows tell of a step. */
function stepRow(
  engine: Engine,
  { id, family, shape }: Pick<Job, 'id' | 'family' | 'shape'>,
  { wall, script }: Timed,
  measured: {
    batch: number;
    flops: number;
    firstMs: number;
    eagerMs: number;
    gpuMs: number | null;
    dispatches: number;
    submits: number;
  },
): Row {
  const { batch, flops, gpuMs, ...more } = measured;
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
      ...more,
      windowsPerSecond: (1000 * batch) / medianMs,
      peakBytes: engine.memory.peak,
      scriptMs: median(script),
      scriptPercent: (100 * median(script)) / medianMs,
    },
  };
}

/** `h_cls` of one window by an encoder with random, frozen weights. */
function embedJob(size: SpotrSize, window: Window): Job {
  const config = SIZES[size];
  const flops = modelFlops(config, window, 'embed');
  const job = {
    id: `embed/${size}/${showWindow(window)}`,
    family: 'embed',
    shape: `${size} ${showWindow(window)}`,
  };
  const run = async ({ open, budget }: Context): Promise<Row> => {
    const engine = await open();
    try {
      const packed = Encoder.weights(new Initialization(new Random(1)), config);
      const arenas = engine.parameters(ModuleState.specs('encoder.', packed), { frozen: true });
      const encoder = new Encoder(config, new ModuleState('encoder.', packed, arenas));
      await engine.idle();
      const step = (eager: boolean) =>
        engine.step('embed', (signal) => engine.noGrad(() => [encoder.embed(signal)]), { eager });
      const [replayed, eager] = [step(false), step(true)];
      const signal = signalOf([1, window.channels, window.samples]);
      const firstMs = await clock(async () => {
        await replayed.run(signal);
        await engine.idle();
      });
      const { counts } = engine.recorder;
      const before = { ...counts };
      await replayed.run(signal);
      const [dispatches, submits] = [counts.dispatches - before.dispatches, counts.submits - before.submits];
      const limits = stepBudget(budget);
      const timed = await timeSteps(engine, () => replayed.run(signal), limits);
      const gpuMs = await deviceMs(engine, replayed, signal);
      // Told before anything runs eagerly, which takes memory of its own.
      const row = stepRow(engine, job, timed, {
        batch: 1,
        flops,
        firstMs,
        eagerMs: 0,
        gpuMs,
        dispatches,
        submits,
      });
      const embedding = async (one: Step) => {
        const [token] = await one.run(signal);
        return token ? engine.read(token) : new Float32Array();
      };
      const bits = await embedding(replayed);
      const eagerly = await timeSteps(engine, () => eager.run(signal), {
        ...limits,
        rowMs: limits.rowMs / 4,
      });
      checkSame(job.id, bits, await embedding(eager));
      return { ...row, more: { ...row.more, eagerMs: median(eagerly.wall) } };
    } finally {
      engine.close();
    }
  };
  return { ...job, group: 'step', weight: 60 * flops + STEP_WEIGHT, run };
}

/** An update of all weights from one batch: forward, backward, AdamW. */
function trainJob(size: SpotrSize, window: Window, batch: number): Job {
  const config = SIZES[size];
  const flops = batch * modelFlops(config, window, 'train');
  const job = {
    id: `train/${size}/${showWindow(window)}/batch ${batch}`,
    family: 'train',
    shape: `${size} ${showWindow(window)}, batch ${batch}`,
  };
  const shape = [batch, window.channels, window.samples] as const;
  const batches = [{ signal: signalOf(shape).data as Float32Array, shape }];
  const run = async ({ open, budget }: Context): Promise<Row> => {
    const limits = stepBudget(budget);
    const start = async (eager: boolean) => {
      const engine = await open();
      const trainer = Pretrainer.create(engine, {
        config,
        conditioning: 'cls',
        seed: 1,
        steps: 1000,
        learningRate: 2e-4,
        schedule: 'constant',
        weightDecay: 0.1,
        clip: 1,
        accumulation: 1,
        eager,
      });
      await engine.idle();
      const losses: number[] = [];
      const train = async () => {
        losses.push((await (await trainer.train(batches)).result).loss);
      };
      const firstMs = await clock(train);
      return { engine, trainer, train, losses, firstMs };
    };
    const eager = await start(true);
    const eagerly = await timeSteps(eager.engine, () => eager.trainer.train(batches), {
      ...limits,
      rowMs: limits.rowMs / 4,
    });
    eager.engine.close();
    const { engine, trainer, train, losses, firstMs } = await start(false);
    try {
      checkSame(job.id, losses, eager.losses);
      const { counts } = engine.recorder;
      const before = { ...counts };
      await train();
      const [dispatches, submits] = [counts.dispatches - before.dispatches, counts.submits - before.submits];
      const timed = await timeSteps(engine, () => trainer.train(batches), limits);
      return stepRow(engine, job, timed, {
        batch,
        flops,
        firstMs,
        eagerMs: median(eagerly.wall),
        gpuMs: null,
        dispatches,
        submits,
      });
    } finally {
      engine.close();
    }
  };
  return { ...job, group: 'step', weight: 30 * flops + STEP_WEIGHT, run };
}

function signalOf(shape: readonly number[]): HostTensor {
  return { data: Float32Array.from(randomArray(shape, 5).data), shape };
}

async function deviceMs(engine: Engine, step: Step, signal: HostTensor): Promise<number | null> {
  if (!engine.device.features.has('timestamp-query')) return null;
  const times = await step.profile(signal);
  return times.reduce((sum, { microseconds }) => sum + microseconds, 0) / 1000;
}

/** Replayed and eager runs execute the same commands: their bits must agree, and be numbers. */
function checkSame(id: string, replayed: ArrayLike<number>, eager: ArrayLike<number>): void {
  for (let i = 0; i < replayed.length; i++) {
    if (replayed[i] !== eager[i] || !Number.isFinite(replayed[i])) {
      throw new BenchmarkError(
        `${id}: value ${i} is ${replayed[i]} replayed and ${eager[i]} run operation by operation; they must be the same number.`,
      );
    }
  }
}
