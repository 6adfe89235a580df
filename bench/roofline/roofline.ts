import { COPY, ROOFLINE } from '#roofline';
import { defineKernel, type Kernel } from '../../engine/gpu/kernel.ts';
import type { Engine, Tensor } from '../../engine/index.ts';
import { linearGrid } from '../../engine/kernels/grid.ts';
import type { Roofline } from '../contract.ts';
import { repeated } from '../suite/repeated.ts';
import { median } from '../suite/statistics.ts';
import { type Budget, calibrate, clock, sampled, timings } from '../suite/timing.ts';

type Type = 'f32' | 'f16';

/** Multiply-adds that one round of each entry point does. */
const PEAK_ENTRIES: Readonly<Record<string, number>> = {
  vectors_4: 32,
  vectors_8: 64,
  scalars_8: 128,
  matrices_2: 128,
  matrices_4: 256,
};

/** What `number` is. */
const HEADS = { f32: 'alias number = f32;', f16: 'enable f16;\n\nalias number = f16;' } as const;

const peakKernel = (entry: string, type: Type) =>
  defineKernel({
    name: `roofline_${entry}_${type}`,
    shader: { text: `${HEADS[type]}\n${ROOFLINE}` },
    entry,
    reads: 1,
    writes: 1,
    uniforms: { rounds: 'u32' },
  });

/** Vectors that one invocation of each entry point copies. */
const COPIES = { copy: 1, copy_4: 4 } as const;
const copyKernel = (entry: keyof typeof COPIES) =>
  defineKernel({
    name: entry,
    shader: { text: COPY },
    entry,
    reads: 1,
    writes: 1,
    uniforms: { size: 'u32' },
  });

/** All of them, which are otherwise made when they are measured: for checks that compile every kernel. */
export function rooflineKernels(): Kernel[] {
  return [
    ...(['f32', 'f16'] as const).flatMap((type) =>
      Object.keys(PEAK_ENTRIES).map((entry) => peakKernel(entry, type)),
    ),
    ...Object.keys(COPIES).map((entry) => copyKernel(entry as keyof typeof COPIES)),
  ];
}

const WORKGROUP = 64;
/** Enough to keep every lane of the kind of adapter busy. */
const INVOCATIONS = { software: 2 ** 12, hardware: 2 ** 19 } as const;
/** A dispatch of the peak's kernels: long enough for the clock, short enough for a browser. */
const PEAK_MS = 30;

/** Bytes that the copies read and write together. */
const COPY_BYTES = [2 ** 13, 2 ** 16, 2 ** 18, 2 ** 20, 2 ** 22, 2 ** 24, 2 ** 26] as const;
/** Beyond the caches, in two buffers that every device can bind. */
const LARGEST_COPY = { software: 2 ** 27, hardware: 2 ** 28 } as const;

/** What the adapter can do at most. About ten seconds on a software adapter. */
export async function measureRoofline(engine: Engine, budget: Budget): Promise<Roofline> {
  const f32 = await peaks(engine, 'f32', budget);
  const f16 = engine.device.features.has('shader-f16') ? await peaks(engine, 'f16', budget) : null;
  const copies: { bytes: number; gbps: number }[] = [];
  for (const bytes of [...COPY_BYTES, LARGEST_COPY[engine.device.kind]]) {
    copies.push({ bytes, gbps: await copyGbps(engine, bytes, budget) });
  }
  const costs = await overheads(engine, budget);
  return {
    f32Gflops: Math.max(...Object.values(f32)),
    f16Gflops: f16 && Math.max(...Object.values(f16)),
    peaks: { ...f32, ...f16 },
    copyGbps: copies.at(-1)?.gbps ?? 0,
    copies,
    ...costs,
  };
}

/** GB/s of a copy of `bytes`, read and written together: between the two nearest measured ones, by their logarithms. */
export function copyRoof({ copies, copyGbps }: Roofline, bytes: number): number {
  const above = copies.findIndex((copy) => copy.bytes >= bytes);
  const upper = copies[above];
  const lower = copies[above - 1];
  if (!upper) return copyGbps;
  if (!lower) return (upper.gbps * bytes) / upper.bytes;
  const part = Math.log(bytes / lower.bytes) / Math.log(upper.bytes / lower.bytes);
  return lower.gbps * (upper.gbps / lower.gbps) ** part;
}

/** GFLOP/s of every entry point. */
async function peaks(engine: Engine, type: Type, budget: Budget): Promise<Record<string, number>> {
  const invocations = INVOCATIONS[engine.device.kind];
  // Rows of 4 that sum to less than 1: iterated products stay near 1, far from overflow and from denormal numbers.
  const factors = engine.tensor(
    Float32Array.from({ length: 64 }, (_, i) => 0.2 + 0.03 * Math.sin(i)),
    [64],
  );
  const sums = engine.zeros([invocations]);
  const found: Record<string, number> = {};
  for (const [entry, products] of Object.entries(PEAK_ENTRIES)) {
    const kernel = peakKernel(entry, type);
    const dispatch = (rounds: number) => () => {
      engine.recorder.dispatch(kernel, {
        reads: [factors],
        writes: [sums],
        uniforms: { rounds },
        constants: { WORKGROUP },
        workgroups: linearGrid(engine.recorder, invocations, WORKGROUP),
      });
      return [];
    };
    let rounds = 64;
    let runner = await repeated(engine, kernel.name, dispatch(rounds));
    await runner.run(1);
    for (let ms = await clock(() => runner.run(1)); ms < PEAK_MS; ms = await clock(() => runner.run(1))) {
      runner.dispose();
      rounds *= Math.min(8, Math.max(2, Math.ceil(PEAK_MS / ms)));
      runner = await repeated(engine, kernel.name, dispatch(rounds));
      await runner.run(1);
    }
    const times = await timings(runner, 1, budget);
    runner.dispose();
    found[`${type} ${entry}`] = (2 * products * rounds * invocations) / Math.min(...times) / 1e6;
  }
  factors.dispose();
  sums.dispose();
  return found;
}

async function copyGbps(engine: Engine, bytes: number, budget: Budget): Promise<number> {
  const values = bytes / 8;
  const from = engine.zeros([values]);
  const to = engine.zeros([values]);
  let best = 0;
  for (const [entry, vectors] of Object.entries(COPIES)) {
    const runner = await repeated(engine, entry, () => {
      engine.recorder.dispatch(copyKernel(entry as keyof typeof COPIES), {
        reads: [from],
        writes: [to],
        uniforms: { size: values / 4 },
        constants: { WORKGROUP },
        workgroups: linearGrid(engine.recorder, values / 4 / vectors, WORKGROUP),
      });
      return [];
    });
    const repeats = await calibrate(runner, budget);
    best = Math.max(best, bytes / median(await timings(runner, repeats, budget)) / 1e6);
    runner.dispose();
  }
  from.dispose();
  to.dispose();
  engine.recorder.memory.dropFree();
  return best;
}

/** Costs that no kernel escapes, in microseconds. */
async function overheads(engine: Engine, budget: Budget) {
  const pair: readonly [Tensor, Tensor] = [engine.zeros([64]), engine.zeros([64])];
  const dispatch = () =>
    engine.recorder.dispatch(copyKernel('copy'), {
      reads: [pair[0]],
      writes: [pair[1]],
      uniforms: { size: 16 },
      constants: { WORKGROUP },
      workgroups: [1],
    });
  const hundred = await repeated(engine, 'a hundred dispatches', () => {
    for (let i = 0; i < 100; i++) dispatch();
    return [];
  });
  await hundred.run(10);
  const many = await sampled(() => clock(() => hundred.run(10)), budget);
  const few = await sampled(() => clock(() => hundred.run(2)), budget);
  const dispatchMicroseconds = Math.max(0, ((median(many) - median(few)) / 800) * 1000);
  hundred.dispose();

  const step = engine.step('one dispatch', () => {
    dispatch();
    return [];
  });
  await step.run();
  const submits = async () => {
    for (let i = 0; i < 100; i++) await step.run();
    await engine.idle();
  };
  const submitMs = median(await sampled(() => clock(submits), budget)) / 100;
  step.dispose();
  const reads = await sampled(() => clock(() => engine.read(pair[1])), { ...budget, samples: 50 });
  for (const tensor of pair) tensor.dispose();
  return {
    dispatchMicroseconds,
    submitMicroseconds: submitMs * 1000,
    readbackMicroseconds: median(reads) * 1000,
  };
}
