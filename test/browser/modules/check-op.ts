import { registeredOps } from '../../../engine/index.ts';
import { canStoreHalf } from '../../support/check-op.ts';
import { testEngine } from '../../support/engine.ts';
import { checkCases, checkReferenceCases } from '../../support/op-cases.ts';
import { references } from '../../support/references.ts';

export interface CasesToTry {
  readonly op: string;
  readonly f32: number;
  /** Where the adapter stores f16 and the operation may. */
  readonly f16: number;
  /** Of the reference itself against finite differences. */
  readonly differences: number;
}

/** How many were tried, of each kind. */
export interface CasesTried extends CasesToTry {
  readonly adapter: string;
  /** Operations that the page has registered. */
  readonly registered: readonly string[];
  readonly seconds: number;
}

/** Runs in the page, which keeps one engine for every call: the property tests of one operation. */
export default async function checkOpInPage({ op, f32, f16, differences }: CasesToTry): Promise<CasesTried> {
  const engine = await testEngine();
  const reference = references.find((other) => other.op === op);
  if (!reference) throw new Error(`the page has no reference for ${op}`);
  const start = performance.now();
  const half = engine.device.features.has('shader-f16') && canStoreHalf(reference);
  return {
    op,
    f32: await checkCases(engine, reference, f32),
    f16: half ? await checkCases(engine, reference, f16, 'f16') : 0,
    differences: reference.backward ? checkReferenceCases(reference, differences) : 0,
    adapter: engine.device.description,
    registered: [...registeredOps().keys()],
    seconds: (performance.now() - start) / 1000,
  };
}
