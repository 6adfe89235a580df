import type { Engine, Tensor } from '../../engine/index.ts';
import type { Runner } from '../contract.ts';

/** A runner on our engine that can also tell the device's own time. */
export interface EngineRunner extends Runner {
  readonly dispatches: number;
  /** Milliseconds of one repetition by the device's timestamps, summed over its dispatches; null without them. */
  deviceMs(): Promise<number | null>;
}

/**
 * `once` as a runner: a number of repetitions is one captured step, and so one submit. `once` returns the results of one
 * repetition, and `dispose` gives back what it closes over.
 */
export async function repeated(
  engine: Engine,
  name: string,
  once: () => readonly Tensor[],
  dispose: () => void = () => {},
): Promise<EngineRunner> {
  const single = engine.step(name, once);
  const several = new Map<number, ReturnType<Engine['step']>>();
  const stepOf = (times: number) => {
    const known = times === 1 ? single : several.get(times);
    if (known) return known;
    const body = () => {
      for (let i = 0; i < times; i++) once();
      return [];
    };
    const step = engine.step(`${name}, ${times} times`, body);
    several.set(times, step);
    return step;
  };
  const before = engine.recorder.counts.dispatches;
  await single.run();
  const dispatches = engine.recorder.counts.dispatches - before;
  const timed = engine.device.features.has('timestamp-query');
  return {
    dispatches,
    async run(times) {
      await stepOf(times).run();
      await engine.idle();
    },
    async results() {
      return Promise.all((await single.run()).map((tensor) => engine.read(tensor)));
    },
    async deviceMs() {
      if (!timed) return null;
      const times = await single.profile();
      return times.reduce((sum, { microseconds }) => sum + microseconds, 0) / 1000;
    },
    dispose() {
      for (const step of [single, ...several.values()]) step.destroy();
      dispose();
    },
  };
}
