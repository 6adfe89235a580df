import { describe, expect, it } from 'vitest';
import { measure } from '../../cli/common/run/outcome.ts';
import type { SignalBatch } from '../../data/index.ts';
import type { UpdateResult } from '../../model/index.ts';
import { lossTable } from '../../workflows/index.ts';
import { DivergedError } from '../../workflows/pretraining/diverged.ts';
import {
  type LoopOptions,
  type StepRecord,
  type Trainer,
  trainLoop,
} from '../../workflows/pretraining/loop.ts';

const batchOf = (source: string, count = 2): SignalBatch => ({
  signal: new Float32Array(count * 4),
  shape: [count, 1, 4],
  source,
});

/** A trainer whose loss is told for each step, and that notes what it was given. */
class FakeTrainer implements Trainer {
  step: number;
  readonly seen: string[][] = [];
  unread = 0;
  mostUnread = 0;
  overflows: (step: number) => boolean = () => false;
  private readonly lossOf: (step: number) => number;

  constructor(start = 0, lossOf: (step: number) => number = (step) => 1 / step) {
    this.step = start;
    this.lossOf = lossOf;
  }

  async train(batches: Parameters<Trainer['train']>[0]) {
    const step = ++this.step;
    this.seen.push(batches.map((batch) => (batch as SignalBatch).source));
    this.mostUnread = Math.max(this.mostUnread, ++this.unread);
    const loss = this.lossOf(step);
    const result = {
      // biome-ignore lint/suspicious/noThenProperty: what the loop awaits is what is counted
      then: (done: (value: UpdateResult) => unknown) => {
        this.unread--;
        const overflowed = this.overflows(step);
        return Promise.resolve(
          done({
            loss,
            auxiliary: {},
            gradNorm: overflowed ? Number.POSITIVE_INFINITY : 0.5,
            overflowed,
          }),
        );
      },
    } as unknown as Promise<UpdateResult>;
    return { step, learningRate: 0.1, samples: 2 * batches.length, result };
  }
}

async function run(trainer: FakeTrainer, options: Partial<LoopOptions> = {}) {
  const events: (StepRecord | string)[] = [];
  const end = await trainLoop({
    trainer,
    source: { trainBatch: (step) => batchOf(`b${step}`) },
    steps: 10,
    accumulation: 1,
    checkpointEvery: 4,
    checkpointSeconds: 600,
    clock: () => 1.5,
    signal: new AbortController().signal,
    onStep: (record) => events.push(record),
    onCheckpoint: async () => void events.push(`saved ${trainer.step}`),
    advice: {
      diverged: 'try a smaller --learning-rate',
      fromTheStart: 'a smaller --learning-rate does not help',
    },
    ...options,
  }).catch((error: unknown) => error);
  return { end, events, order: events.map((event) => (typeof event === 'string' ? event : event.step)) };
}

describe('trainLoop', () => {
  it('reports every step once, in order, before the checkpoint that contains it', async () => {
    const trainer = new FakeTrainer();
    const { end, events, order } = await run(trainer);
    expect(end).toBe('finished');
    expect(order).toEqual([1, 2, 3, 4, 'saved 4', 5, 6, 7, 8, 'saved 8', 9, 10, 'saved 10']);
    expect(events[1]).toEqual({
      step: 2,
      loss: 0.5,
      learningRate: 0.1,
      gradNorm: 0.5,
      source: 'b1',
      samples: 2,
      seconds: 1.5,
    });
  });

  it('takes gradients that overflow f16 for what they are, unless it goes on and on', async () => {
    const trainer = new FakeTrainer();
    trainer.overflows = (step) => step !== 3;
    const { end, events } = await run(trainer);
    expect(end).toBe('finished');
    const records = events.filter((event): event is StepRecord => typeof event !== 'string');
    expect(records.map(({ gradNorm }) => gradNorm)).toEqual([null, null, 0.5, ...Array(7).fill(null)]);
    const hopeless = new FakeTrainer();
    hopeless.overflows = () => true;
    const { end: error } = await run(hopeless, { steps: 100 });
    expect(error).toBeInstanceOf(DivergedError);
    expect((error as Error).message).toContain('The gradient norm of step 33 is Infinity');
  });

  it('reads results a few steps late, but the first one at once', async () => {
    const trainer = new FakeTrainer();
    let unreadAtStart = 0;
    const { order } = await run(trainer, {
      checkpointEvery: 100,
      onStep: ({ step }) => {
        if (step === 1) unreadAtStart = trainer.step;
      },
    });
    expect(unreadAtStart).toBe(1);
    expect(trainer.mostUnread).toBe(4);
    expect(order).toEqual(['saved 10']);
  });

  it('asks for batches by their place in the run, so that a resumed one goes on where it was', async () => {
    const trainer = new FakeTrainer(7);
    await run(trainer, { accumulation: 2 });
    expect(trainer.seen).toEqual([
      ['b14', 'b15'],
      ['b16', 'b17'],
      ['b18', 'b19'],
    ]);
  });

  it('names each source of an accumulated step once', async () => {
    const source = { trainBatch: (step: number) => batchOf(['ecg', 'eeg'][step % 2] as string) };
    const { events } = await run(new FakeTrainer(9), { accumulation: 4, source });
    expect(events[0]).toMatchObject({ source: 'ecg+eeg', samples: 8 });
  });

  it('ends after the step under way when told to, and saves', async () => {
    const controller = new AbortController();
    const source = {
      trainBatch: (step: number) => {
        if (step === 4) controller.abort();
        return batchOf('ecg');
      },
    };
    const { end, order } = await run(new FakeTrainer(), {
      signal: controller.signal,
      source,
      checkpointEvery: 100,
    });
    expect(end).toBe('interrupted');
    expect(order).toEqual([1, 2, 3, 4, 5, 'saved 5']);
  });

  it('also saves when enough time has gone by since the last checkpoint, and trains no differently', async () => {
    const trainer = new FakeTrainer();
    const timed = await run(trainer, { clock: () => 250 * trainer.step, checkpointEvery: 5 });
    expect(timed.order).toEqual([1, 2, 3, 'saved 3', 4, 5, 'saved 5', 6, 7, 8, 'saved 8', 9, 10, 'saved 10']);
    const other = new FakeTrainer();
    const { events } = await run(other, { checkpointEvery: 100 });
    const numbers = (all: typeof events) =>
      all.flatMap((event) => (typeof event === 'string' ? [] : [{ ...event, seconds: 0 }]));
    expect(numbers(timed.events)).toEqual(numbers(events));
    expect(trainer.seen).toEqual(other.seen);
  });

  it('saves nothing where nothing was done', async () => {
    expect((await run(new FakeTrainer(10))).order).toEqual([]);
    expect((await run(new FakeTrainer(), { signal: AbortSignal.abort() })).order).toEqual([]);
  });

  it('stops at a loss that is not a number, and keeps the checkpoint before it', async () => {
    const trainer = new FakeTrainer(0, (step) => (step === 6 ? Number.NaN : 1));
    const { end, order } = await run(trainer);
    expect(end).toBeInstanceOf(DivergedError);
    expect((end as Error).message).toMatch(/^The loss of step 6 is NaN: .*smaller --learning-rate/);
    expect(order).toEqual([1, 2, 3, 4, 'saved 4', 5]);
    // A bad step just before a checkpoint is seen before the checkpoint is written.
    const late = await run(new FakeTrainer(0, (step) => (step === 8 ? Number.POSITIVE_INFINITY : 1)));
    expect(late.order).toEqual([1, 2, 3, 4, 'saved 4', 5, 6, 7]);
  });

  it('names the windows where these are at fault, and no learning rate then', async () => {
    const spoilt = (step: number): SignalBatch => {
      const batch = { ...batchOf('ecg'), labels: [['I'], ['I']] };
      if (step === 5) batch.signal[6] = 3.4e38;
      return batch;
    };
    const nan = () => new FakeTrainer(0, (step) => (step === 6 ? Number.NaN : 1));
    const { end } = await run(nan(), { source: { trainBatch: spoilt } });
    expect((end as Error).message).toMatch(
      /^The loss of step 6 is NaN: channel "I" of window 2 \(ecg\) reaches 3\.4e\+38, too large to be normalised in 32 bits\. /,
    );
    expect((end as Error).message).not.toContain('--learning-rate');
    // Two batches a step: the one that is at fault is named.
    const two = await run(new FakeTrainer(0, (step) => (step === 3 ? Number.NaN : 1)), {
      ...{ accumulation: 2, source: { trainBatch: spoilt } },
    });
    expect((two.end as Error).message).toContain('channel "I" of window 2 of batch 2 (ecg) reaches');
    // Before the first update no learning rate has done anything.
    const first = await run(new FakeTrainer(0, () => Number.NaN));
    expect((first.end as Error).message).toMatch(
      /^The loss of step 1 is NaN, before any update.*a smaller --learning-rate does not help/,
    );
  });
});

describe('measure', () => {
  /** Reconstructs each window with the error that its first value says. */
  const trainer = {
    evaluate: async ({ signal, shape }: SignalBatch) => {
      const [batch, channels, samples] = shape;
      const length = 6;
      const target = new Float32Array(batch * channels * length);
      const reconstruction = new Float32Array(target.length);
      let loss = 0;
      for (let window = 0; window < batch; window++) {
        const error = signal[window * channels * samples] ?? 0;
        target.fill(1, window * channels * length, (window + 1) * channels * length);
        reconstruction.fill(1 - error, window * channels * length, (window + 1) * channels * length);
        loss += error ** 2 / batch;
      }
      return { loss, zeroLoss: 1, target, reconstruction, shape: [batch, channels, length] as const };
    },
  };
  const batch = (source: string, errors: number[]): SignalBatch => ({
    source,
    shape: [errors.length, 2, 5],
    signal: Float32Array.from(errors.flatMap((error) => new Array<number>(10).fill(error))),
    labels: errors.map((error) => [`a ${error}`, `b ${error}`]),
  });

  it('averages over windows, and shows the window of median error without its padding', async () => {
    const outcomes = await measure(
      trainer,
      [batch('ecg', [0.5, 0, 1]), batch('eeg', [0.5]), batch('ecg', [1])],
      3,
    );
    const ecg = outcomes.get('ecg');
    expect(ecg).toMatchObject({ windows: 4, predictZeroLoss: 1 });
    expect(ecg?.heldOutLoss).toBeCloseTo((0.25 + 0 + 1 + 1) / 4, 6);
    expect(ecg?.ratio).toBe(ecg?.heldOutLoss);
    expect(ecg?.example).toMatchObject({ channels: 2, samples: 5, loss: 0.25, zeroLoss: 1 });
    expect(ecg?.example.labels).toEqual(['a 0.5', 'b 0.5']);
    expect([...(ecg?.example.reconstruction ?? [])]).toEqual(new Array(10).fill(0.5));
    expect(outcomes.get('eeg')?.windows).toBe(1);
  });

  it('has no ratio to nothing', async () => {
    const nothing = {
      ...trainer,
      evaluate: async (given: SignalBatch) => ({ ...(await trainer.evaluate(given)), zeroLoss: 0 }),
    };
    const outcomes = await measure(nothing, [batch('ecg', [0.5])], 3);
    expect('ratio' in (outcomes.get('ecg') ?? {})).toBe(false);
    expect(lossTable(outcomes, { digits: 4 }).rows[0]?.[3]).toBe('none: only zeros');
  });

  it('refuses weights that give no number', async () => {
    await expect(measure(trainer, [batch('ecg', [Number.NaN])], 3)).rejects.toThrow(
      /held-out ecg windows is NaN/,
    );
  });
});
