import fc, { type RunDetails } from 'fast-check';
import type { FloatType } from '../../engine/dtype.ts';
import type { Engine } from '../../engine/index.ts';
import { checkEdges } from './check-edges.ts';
import { checkOp, checkReference } from './check-op.ts';
import { edgeCases } from './edge-values.ts';
import type { AnyReference, OpCase } from './reference.ts';

/** Seeds of what is drawn: the same cases everywhere. */
const SEEDS = { f32: 1, differences: 2, f16: 3, edges: 4 } as const;

/**
 * Draws cases of an operation and compares forward and every gradient on the device with the reference.
 * @param runs cases to try, the reference's examples first
 * @returns how many were tried
 * @throws what is wrong with the simplest case that fails: operation, shapes, attributes, error
 */
export async function checkCases(
  engine: Engine,
  reference: AnyReference,
  runs: number,
  stored: FloatType = 'f32',
): Promise<number> {
  const property = fc.asyncProperty(reference.cases, (opCase) => checkOp(engine, reference, opCase, stored));
  return triedIn(
    await fc.check(property, { numRuns: runs, seed: SEEDS[stored], examples: examplesOf(reference) }),
  );
}

/** The same with NaN, infinities, zeros, subnormal, huge and tiny numbers in inputs and gradients. */
export async function checkEdgeCases(
  engine: Engine,
  reference: AnyReference,
  runs: number,
  stored: FloatType = 'f32',
): Promise<number> {
  const property = fc.asyncProperty(edgeCases(reference), (edge) =>
    checkEdges(engine, reference, edge, stored),
  );
  return triedIn(await fc.check(property, { numRuns: runs, seed: SEEDS.edges, endOnFailure: true }));
}

/** The same for the reference itself: its gradient against finite differences, in float64. */
export function checkReferenceCases(reference: AnyReference, runs: number): number {
  const property = fc.property(reference.cases, (opCase) => checkReference(reference, opCase));
  return triedIn(
    fc.check(property, { numRuns: runs, seed: SEEDS.differences, examples: examplesOf(reference) }),
  );
}

function examplesOf(reference: AnyReference): [OpCase<unknown>][] {
  return (reference.examples ?? []).map((example) => [example]);
}

/** fast-check's own report would print every value of the tensors. */
function triedIn<Drawn>(details: RunDetails<Drawn>): number {
  if (!details.failed) return details.numRuns;
  const { errorInstance: error, seed, counterexamplePath: path } = details;
  if (!(error instanceof Error)) throw new Error(fc.defaultReportMessage(details));
  throw new Error(`${error.message} (fast-check's seed ${seed}, path "${path}")`, { cause: error });
}
