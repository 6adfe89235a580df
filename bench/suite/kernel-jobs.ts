import type { KernelCase, Peer, PeerTime, Roofline, Row, Runner } from '../contract.ts';
import { copyRoof } from '../roofline/roofline.ts';
import { BenchmarkError, type Context, type Job } from './job.ts';
import { ourRunner } from './ours.ts';
import { median, p95, pairRatio } from './statistics.ts';
import { calibrate, pairedTimings, sampled, timings } from './timing.ts';
import { onHost, valuesOf } from './values.ts';
import { verifier } from './verify.ts';

/** How often a row is repeated at least, and what drawing values, references and compiling cost in operations. */
const REPETITIONS = 12;
const ROW_WEIGHT = 2e9;

/** A kernel row: verified, warmed up, timed, and set against `peers` by turns where `compare` says so. */
export function kernelJob(kernel: KernelCase, compare: boolean): Job {
  const { id, family, label, flops } = kernel;
  return {
    id,
    group: 'kernel',
    family,
    shape: label,
    weight: (REPETITIONS * flops + ROW_WEIGHT) * (compare ? 3 : 1),
    run: async (context) => [await measure(kernel, compare, context)],
  };
}

async function measure(kernel: KernelCase, compare: boolean, context: Context): Promise<Row> {
  const { engine, budget, roofline } = context;
  const values = valuesOf(kernel);
  const { inputs, seed } = onHost(kernel, values);
  const verify = verifier(kernel, values);
  const ours = await ourRunner(engine, kernel, inputs, seed);
  try {
    const { error, verified, wrong } = verify(await ours.results());
    if (wrong !== null) throw new BenchmarkError(`${kernel.id}: ${wrong}.`);
    const repeats = await calibrate(ours, budget);
    const times = await timings(ours, repeats, budget);
    const device = await deviceTime(ours.deviceMs, budget);
    const peers: PeerTime[] = [];
    const refusals: Record<string, string> = {};
    for (const peer of compare ? context.peers : []) {
      const outcome = await against(
        peer,
        kernel,
        { inputs, seed },
        verify,
        { runner: ours, repeats },
        context,
      );
      if (typeof outcome === 'string') refusals[peer.name] = outcome;
      else peers.push(outcome);
    }
    return {
      id: kernel.id,
      group: 'kernel',
      family: kernel.family,
      shape: kernel.label,
      medianMs: median(times),
      p95Ms: p95(times),
      gpuMs: device,
      ...speed(kernel, median(times), roofline),
      error,
      verified,
      peers,
      ...(Object.keys(refusals).length > 0 ? { refusals } : {}),
      more: { dispatches: ours.dispatches, repeats },
    };
  } finally {
    ours.dispose();
  }
}

/** Rates, and how near the lower of both roofs they are. */
export function speed(
  { flops, bytes }: Pick<KernelCase, 'flops' | 'bytes'>,
  ms: number,
  roofline: Roofline,
): Pick<Row, 'gflops' | 'gbps' | 'percentOfPeak' | 'bound'> {
  const compute = flops / roofline.f32Gflops / 1e6;
  const memory = bytes / copyRoof(roofline, bytes) / 1e6;
  return {
    gflops: flops === 0 ? null : flops / ms / 1e6,
    gbps: bytes / ms / 1e6,
    percentOfPeak: (100 * Math.max(compute, memory)) / ms,
    bound: compute > memory ? 'compute' : 'memory',
  };
}

/** Median of a few repetitions by the device's own clock; null where it has none worth reading. */
async function deviceTime(
  deviceMs: () => Promise<number | null>,
  budget: Context['budget'],
): Promise<number | null> {
  const times: number[] = [];
  const one = async () => {
    const ms = await deviceMs();
    if (ms !== null) times.push(ms);
    return ms ?? 0;
  };
  await sampled(one, { samples: 5, least: 1, rowMs: budget.rowMs / 4 });
  return times.length === 0 ? null : median(times);
}

/** One peer on the same case, by turns with ours; or why not. */
async function against(
  peer: Peer,
  kernel: KernelCase,
  { inputs, seed }: ReturnType<typeof onHost>,
  verify: ReturnType<typeof verifier>,
  ours: { readonly runner: Runner; readonly repeats: number },
  { budget }: Context,
): Promise<PeerTime | string> {
  let runner: Runner | null = null;
  try {
    const made = await peer.kernel(kernel, inputs, seed);
    if ('cannot' in made) return made.cannot;
    runner = made;
    const { wrong } = verify(await runner.results());
    if (wrong !== null) return `wrong values: ${wrong}`;
    const theirs = { runner, repeats: await calibrate(runner, budget) };
    const pairs = await pairedTimings(ours, theirs, budget);
    return {
      name: peer.name,
      medianMs: median(pairs.theirs),
      ratio: pairRatio(pairs.ours, pairs.theirs),
    };
  } catch (error) {
    // A library that fails on one case must not end the whole run; the row says what it said.
    const message = error instanceof Error ? error.message : String(error);
    return `failed: ${message.split('\n')[0]?.slice(0, 200) ?? 'no message'}`;
  } finally {
    runner?.dispose();
  }
}
