import { Random } from '../../base/random.ts';
import { EngineError } from '../errors.ts';
import type { Device } from '../gpu/device.ts';
import type { Shape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { type MatmulClass, matmulClass } from './choose.ts';
import { runMatmul } from './launch.ts';
import { rememberTuned, type TunedMatmul } from './tuned.ts';
import {
  MATMUL_VARIANT_NAMES,
  MATMUL_VARIANTS,
  type MatmulShape,
  type MatmulVariantName,
} from './variants.ts';

/** Matmuls as models have them: a layer forward, its input's gradient and its weight's, with few rows to many. */
const SHAPES: readonly MatmulShape[] = [40, 264, 1056].flatMap((rows) => [
  { m: rows, n: 512, k: 128, transposeB: true },
  { m: rows, n: 128, k: 512 },
  { m: rows === 40 ? 64 : rows === 264 ? 512 : 1024, n: 128, k: 264, transposeA: true },
]);

const ROUNDS = 5;
/** Long enough that the clock and the submit do not matter. */
const ROUND_MS = 20;
const MAX_REPEATS = 1000;
/** Rounding differs between kernels, by no more than this of the largest result. */
const TOLERANCE = 1e-4;

/** What tuning needs of an engine. */
export interface TuningEngine {
  readonly device: Device;
  scope(): Disposable;
  tensor(data: Float32Array, shape: Shape): Tensor;
  zeros(shape: Shape): Tensor;
  read(tensor: Tensor): Promise<Float32Array>;
  idle(): Promise<void>;
}

export interface TunedRow {
  readonly shape: MatmulShape;
  readonly class: MatmulClass;
  /** Median of the rounds, by variant. */
  readonly milliseconds: Readonly<Partial<Record<MatmulVariantName, number>>>;
  readonly winner: MatmulVariantName;
}

/**
 * Times every matmul kernel on this engine's adapter, reports each row as it comes, and remembers and uses
 * the winners from here on. Results then differ by rounding from those before.
 * @throws EngineError where a kernel gives other values than the plain one on this adapter.
 */
export async function tuneMatmul(
  engine: TuningEngine,
  report: (row: TunedRow) => void,
  shapes: readonly MatmulShape[] = SHAPES,
): Promise<TunedMatmul> {
  const winners: Record<string, string> = {};
  for (const shape of shapes) {
    const row = await timeShape(engine, shape);
    winners[row.class] = row.winner;
    report(row);
  }
  const tuned = { measured: new Date().toISOString(), winners };
  await rememberTuned(engine.device.description, tuned);
  engine.device.tuned = new Map(Object.entries(winners));
  return tuned;
}

async function timeShape(engine: TuningEngine, shape: MatmulShape): Promise<TunedRow> {
  using _scope = engine.scope();
  const { m, n, k } = shape;
  const random = new Random(1);
  const operand = (size: number) =>
    engine.tensor(
      Float32Array.from({ length: size }, (_, i) => random.uniform(i) - 0.5),
      [size],
    );
  const [a, b, c] = [operand(m * k), operand(k * n), engine.zeros([m * n])];
  const run = async (variant: MatmulVariantName, times: number) => {
    const start = performance.now();
    for (let i = 0; i < times; i++) runMatmul({ ...shape, a, b, c, variant });
    await engine.idle();
    return performance.now() - start;
  };
  await run('plain', 1);
  const expected = await engine.read(c);
  const rivals: { variant: MatmulVariantName; times: number; rounds: number[] }[] = [];
  for (const variant of MATMUL_VARIANT_NAMES) {
    if (!MATMUL_VARIANTS[variant].serves(shape, engine.device)) continue;
    await run(variant, 1);
    checkAgainst(expected, await engine.read(c), variant, engine);
    const once = await run(variant, 1);
    rivals.push({
      variant,
      times: Math.min(MAX_REPEATS, Math.max(1, Math.round(ROUND_MS / once))),
      rounds: [],
    });
  }
  // Interleaved, so that a machine that slows down meanwhile slows all.
  for (let round = 0; round < ROUNDS; round++) {
    for (const rival of rivals) rival.rounds.push((await run(rival.variant, rival.times)) / rival.times);
  }
  const medians = rivals.map(({ variant, rounds }) => ({ variant, ms: median(rounds) }));
  const best = medians.reduce((least, one) => (one.ms < least.ms ? one : least));
  return {
    shape,
    class: matmulClass(shape),
    milliseconds: Object.fromEntries(medians.map(({ variant, ms }) => [variant, ms])),
    winner: best.variant,
  };
}

function checkAgainst(
  expected: Float32Array,
  values: Float32Array,
  variant: string,
  { device }: TuningEngine,
): void {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const at = values.findIndex((value, i) => !(Math.abs(value - (expected[i] ?? 0)) <= TOLERANCE * largest));
  if (at < 0) return;
  throw new EngineError(
    `The matmul kernel ${variant} gives ${values[at]} where ${expected[at]} is right, on "${device.description}": update the adapter's driver, or choose another adapter.`,
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((x, y) => x - y)[values.length >> 1] ?? Number.NaN;
}
