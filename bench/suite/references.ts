import attentionPool from '../../test/reference/attention-pool.ts';
import broadcast from '../../test/reference/broadcast.ts';
import concat from '../../test/reference/concat.ts';
import crossAttention from '../../test/reference/cross-attention.ts';
import crossEntropy from '../../test/reference/cross-entropy.ts';
import elementwise from '../../test/reference/elementwise.ts';
import layerNorm from '../../test/reference/layer-norm.ts';
import linear from '../../test/reference/linear.ts';
import mse from '../../test/reference/mse.ts';
import reduce from '../../test/reference/reduce.ts';
import rmsNorm from '../../test/reference/rms-norm.ts';
import selfAttention from '../../test/reference/self-attention.ts';
import slice from '../../test/reference/slice.ts';
import softCrossEntropy from '../../test/reference/soft-cross-entropy.ts';
import stem from '../../test/reference/stem.ts';
import swiglu from '../../test/reference/swiglu.ts';
import zscore from '../../test/reference/zscore.ts';
import type { AnyReference } from '../../test/support/reference.ts';
import { adamwReference } from './adamw-reference.ts';

// By name rather than by looking at the folder, which only a bundler can do: this runs in plain Node too.
const all: readonly AnyReference[] = [
  adamwReference,
  attentionPool,
  broadcast,
  concat,
  crossAttention,
  crossEntropy,
  elementwise,
  layerNorm,
  linear,
  mse,
  reduce,
  rmsNorm,
  selfAttention,
  slice,
  softCrossEntropy,
  stem,
  swiglu,
  zscore,
].flat();

const byOp = new Map(all.map((reference) => [reference.op, reference]));

/** The float64 twin of an operation. Throws where there is none: a row that nothing verifies is not timed. */
export function referenceOf(op: string): AnyReference {
  const reference = byOp.get(op);
  if (!reference) {
    throw new Error(`"${op}" has no reference among the benchmark's; add it to bench/suite/references.ts.`);
  }
  return reference;
}
