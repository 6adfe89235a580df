import { describe, expect, it } from 'vitest';
import { guessConditioning } from '../../checkpoint/conditioning.ts';
import { testEngine } from '../support/engine.ts';
import { syntheticBatches, TOY, tinyPretrainer } from '../support/tiny-run.ts';

describe('which conditioning trained a decoder', () => {
  it.each(['cls', 'tokens'] as const)(
    'is seen after training with %s, and not before',
    async (conditioning) => {
      const engine = await testEngine();
      const trainer = tinyPretrainer(engine, { steps: 30, config: TOY, conditioning, learningRate: 1e-2 });
      expect(guessConditioning((await trainer.state()).decoder)?.conditioning).toBe('unknown');
      for (let step = 0; step < 30; step++) await (await trainer.train(syntheticBatches(step))).result;
      const { encoder, decoder } = await trainer.state();
      expect(guessConditioning(decoder)?.conditioning).toBe(conditioning);
      expect(guessConditioning(encoder)).toBeUndefined();
    },
  );
});
