import { type Engine, type HostTensor, Random, type Step } from '../../../engine/index.ts';
import { SIZES, type SpotrConfig, type SpotrSize } from '../../../model/config.ts';
import { Encoder } from '../../../model/encoder.ts';
import { ModuleState } from '../../../model/state.ts';
import { Initialization } from '../../../model/weights.ts';
import type { Row } from '../../contract.ts';
import { modelFlops, showWindow } from '../cases/index.ts';
import type { Window } from '../cases/spotr.ts';
import type { Context, Job } from '../job.ts';
import { deviceTotal } from '../repeated.ts';
import { median } from '../statistics.ts';
import { clock } from '../timing.ts';
import {
  briefly,
  checkSame,
  countCommands,
  STEP_WEIGHT,
  signalOf,
  stepBudget,
  stepRow,
  timeSteps,
} from './timing.ts';

/** `h_cls` of one window by an encoder with random, frozen weights. */
export function embedJob(size: SpotrSize, window: Window): Job {
  const flops = modelFlops(SIZES[size], window, 'embed');
  const job: Pick<Job, 'id' | 'group' | 'family' | 'shape' | 'weight'> = {
    id: `embed/${size}/${showWindow(window)}`,
    group: 'step',
    family: 'embed',
    shape: `${size} ${showWindow(window)}`,
    weight: 15 * flops + STEP_WEIGHT,
  };
  return { ...job, run: async (context) => [await measure(job, SIZES[size], window, flops, context)] };
}

async function measure(
  job: Pick<Job, 'id' | 'family' | 'shape'>,
  config: SpotrConfig,
  window: Window,
  flops: number,
  { open, budget }: Context,
): Promise<Row> {
  const engine = await open();
  try {
    const encoder = randomEncoder(engine, config);
    await engine.idle();
    const step = (eager: boolean) =>
      engine.step('embed', (signal) => engine.noGrad(() => [encoder.embed(signal)]), { eager });
    const [replayed, eager] = [step(false), step(true)];
    const signal = signalOf([1, window.channels, window.samples]);
    const firstMs = await clock(async () => {
      await replayed.run(signal);
      await engine.idle();
    });
    const counts = await countCommands(engine, () => replayed.run(signal));
    const limits = stepBudget(budget);
    const timed = await timeSteps(engine, () => replayed.run(signal), limits);
    const gpuMs = await deviceMs(engine, replayed, signal);
    // Asked before anything runs eagerly, which takes memory of its own.
    const peakBytes = engine.memory.peak;
    const memory = await replayed.memory(signal);
    const lowerBoundBytes = memory.lowerBoundBytes + memory.residentBytes;
    const bits = await embedding(engine, replayed, signal);
    checkSame(job.id, bits, await embedding(engine, eager, signal));
    const eagerly = await timeSteps(engine, () => eager.run(signal), briefly(limits));
    const numbers = { ...counts, peakBytes, lowerBoundBytes, firstMs, eagerMs: median(eagerly.wall) };
    return stepRow(job, { timed, batch: 1, flops, gpuMs, numbers });
  } finally {
    engine.dispose();
  }
}

function randomEncoder(engine: Engine, config: SpotrConfig): Encoder {
  const packed = Encoder.weights(new Initialization(new Random(1)), config);
  const arenas = engine.parameters(ModuleState.specs('encoder.', packed), { frozen: true });
  return new Encoder(config, new ModuleState('encoder.', packed, arenas));
}

async function embedding(engine: Engine, step: Step, signal: HostTensor): Promise<Float32Array> {
  const [token] = await step.run(signal);
  return token ? engine.read(token) : new Float32Array();
}

async function deviceMs(engine: Engine, step: Step, signal: HostTensor): Promise<number | null> {
  if (!engine.device.features.has('timestamp-query')) return null;
  return deviceTotal(await step.profile(signal));
}
