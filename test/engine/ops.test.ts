import { describe, expect, it } from 'vitest';
import { registeredOps } from '../../engine/index.ts';
import { checkOp } from '../support/check-op.ts';
import { runs, testEngine } from '../support/engine.ts';
import { checkCases, checkEdgeCases, checkReferenceCases } from '../support/op-cases.ts';
import { references } from '../support/references.ts';

it('has a reference for every operation, and an operation for every reference', () => {
  expect(references.map(({ op }) => op).sort()).toEqual([...registeredOps().keys()].sort());
});

describe.each(references.map((reference) => ({ name: reference.op, reference })))(
  '$name',
  ({ reference }) => {
    it('matches its float64 reference, forward and every gradient', async () => {
      const tried = await checkCases(await testEngine(), reference, runs(16));
      expect(tried).toBe(runs(16));
    });

    it('has the values of IEEE 754 at NaN, infinities, zeros, subnormal, huge and tiny numbers', async () => {
      expect(await checkEdgeCases(await testEngine(), reference, runs(24))).toBe(runs(24));
    });

    const { sharp } = reference;
    if (sharp)
      it('tells its constants from others that differ in the fourth digit', async () => {
        const engine = await testEngine();
        for (const one of sharp) await checkOp(engine, reference, one, 'f32', one);
      });

    if (!reference.backward) return;

    it('has a reference whose gradient matches finite differences', () => {
      expect(checkReferenceCases(reference, runs(12))).toBe(runs(12));
    });
  },
);
