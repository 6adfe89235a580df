import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/index.ts';
import { convergedAt } from '../../evaluate/convergence.ts';
import { untilBest } from '../../evaluate/early-stopping.ts';

const random = new Random(3, 'curves');
/** A loss a number of epochs, which scatters. */
const curve = (epochs: number, of: (epoch: number) => number, scatter = 0) =>
  Array.from({ length: epochs }, (_, i) => ({ loss: of(i + 1) + scatter * random.normal(i) }));

describe('convergedAt', () => {
  it('is the epoch from which an exponential has hardly anything left to fall', () => {
    const at = convergedAt(curve(300, (epoch) => 0.3 + 0.4 * Math.exp(-epoch / 30)));
    expect(at).toBeGreaterThan(90);
    expect(at).toBeLessThan(150);
    // With scatter, as batches have it, about there too.
    const scattered = convergedAt(curve(300, (epoch) => 0.3 + 0.4 * Math.exp(-epoch / 30), 5e-4));
    expect(scattered).toBeGreaterThan(70);
    expect(scattered).toBeLessThan(150);
  });

  it('is none of one epoch, of few, and of a line that falls all the time, however slowly', () => {
    expect(convergedAt(curve(1, () => 0.7))).toBeUndefined();
    expect(convergedAt(curve(19, () => 0.7))).toBeUndefined();
    expect(convergedAt([])).toBeUndefined();
    expect(convergedAt(curve(200, (epoch) => 0.7 - 1e-3 * epoch))).toBeUndefined();
    // Steps a thousand times smaller look flat to the eye.
    expect(convergedAt(curve(200, (epoch) => 0.7 - 1e-6 * epoch))).toBeUndefined();
    // Random weights that begin far above what a guess has say nothing of the rest.
    expect(convergedAt(curve(200, (epoch) => (epoch < 3 ? 9 : 0.7 - 1e-3 * epoch)))).toBeUndefined();
  });

  it('is soon where the first epoch came to the end already', () => {
    expect(convergedAt(curve(60, () => 0.35, 1e-3))).toBeLessThan(45);
  });

  it('is none of what is not a number', () => {
    expect(convergedAt(curve(60, () => Number.NaN))).toBeUndefined();
  });
});

describe('untilBest', () => {
  const run = (
    losses: (epoch: number) => number,
    aurocs: (epoch: number) => number,
    untilConverged: boolean,
  ) =>
    untilBest(
      { epochs: 400, patience: 5, untilConverged },
      async (epoch) => ({ loss: losses(epoch), validationAuroc: aurocs(epoch) }),
      () => 'kept',
    );
  const falling = (epoch: number) => 0.3 + 0.4 * Math.exp(-epoch / 30);

  it('goes on while the loss falls, and keeps the last of equal epochs, only where that is asked for', async () => {
    // A validation set that the third epoch already ranks without a fault.
    const ranked = (epoch: number) => (epoch < 3 ? 0.5 : 1);
    const paper = await run(falling, ranked, false);
    expect([paper.history.length, paper.best.epoch]).toEqual([8, 3]);
    const converged = await run(falling, ranked, true);
    expect(converged.history.length).toBe(convergedAt(converged.history));
    expect(converged.best.epoch).toBe(converged.history.length);
    expect(converged.history.length).toBeGreaterThan(90);
  });

  it('goes on after the loss lies still while the AUROC rises', async () => {
    const rising = (epoch: number) => 0.5 + 0.001 * Math.min(epoch, 300);
    expect((await run(falling, rising, true)).history.length).toBe(305);
  });

  it('ends at the limit where the loss never lies still', async () => {
    expect(
      (
        await run(
          (epoch) => 1 - 1e-3 * epoch,
          () => 0.7,
          true,
        )
      ).history.length,
    ).toBe(400);
  });
});
