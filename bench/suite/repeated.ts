import type { DispatchTime, Engine, Tensor } from '../../engine/index.ts';
import type { Runner } from '../contract.ts';

/** A runner on our engine that can also tell the device's own time. */
export interface EngineRunner extends Runner {
  readonly dispatches: number;
  /** Milliseconds of one repetition by the device's timestamps, summed over its dispatches; null without them. */
  deviceMs(): Promise<number | null>;
}

/** Nanoseconds to which browsers round timestamps, so that no page can tell time too well. */
const ROUNDED = 65_536;

/** Milliseconds of all dispatches together; null where the clock is so coarse that they tell nothing. */
export function deviceTotal(times: readonly Pick<DispatchTime, 'microseconds'>[]): number | null {
  const rounded = ({ microseconds }: Pick<DispatchTime, 'microseconds'>) =>
    Math.round(microseconds * 1000) % ROUNDED === 0;
  if (times.every(rounded)) return null;
  return times.reduce((sum, { microseconds }) => sum + microseconds, 0) / 1000;
}

/**
 * `once` as a runner: recorded once, and any number of repetitions is one submit. `once` returns everything that it is to
 * compute, since a step leaves out what nobody can read; `dispose` gives back what it closes over.
 */
export async function repeated(
  engine: Engine,
  name: string,
  once: () => readonly Tensor[],
  dispose: () => void = () => {},
): Promise<EngineRunner> {
  const step = engine.step(name, once);
  const before = engine.recorder.counts.dispatches;
  await step.run();
  const dispatches = engine.recorder.counts.dispatches - before;
  const timed = engine.device.features.has('timestamp-query');
  return {
    dispatches,
    async run(times) {
      await step.repeat(times);
      await engine.idle();
    },
    async results() {
      return Promise.all((await step.run()).map((tensor) => engine.read(tensor)));
    },
    async deviceMs() {
      return timed ? deviceTotal(await step.profile()) : null;
    },
    dispose() {
      step.dispose();
      dispose();
    },
  };
}
