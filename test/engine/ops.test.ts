import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { registeredOps } from '../../engine/index.ts';
import { checkOp, checkReference } from '../support/check-op.ts';
import { runs, testEngine } from '../support/engine.ts';
import type { OpCase } from '../support/reference.ts';
import { references } from '../support/references.ts';

it('has a reference for every operation, and an operation for every reference', () => {
  expect(references.map(({ op }) => op).sort()).toEqual([...registeredOps().keys()].sort());
});

describe.each(references.map((reference) => ({ name: reference.op, reference })))(
  '$name',
  ({ reference }) => {
    const examples = (reference.examples ?? []).map((example): [OpCase<unknown>] => [example]);

    it('matches its float64 reference, forward and every gradient', async () => {
      const engine = await testEngine();
      const property = fc.asyncProperty(reference.cases, (opCase) => checkOp(engine, reference, opCase));
      await fc.assert(property, { numRuns: runs(16), seed: 1, examples });
    });

    if (!reference.backward) return;

    it('has a reference whose gradient matches finite differences', () => {
      fc.assert(
        fc.property(reference.cases, (opCase) => checkReference(reference, opCase)),
        { numRuns: runs(12), seed: 2, examples },
      );
    });
  },
);
