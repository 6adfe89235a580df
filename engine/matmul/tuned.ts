import { recall, remember } from '#platform';
import { TuningError } from '../errors.ts';
import { kernelSource } from '../gpu/kernel.ts';
import { isMatmulVariant, MATMUL_VARIANT_NAMES, MATMUL_VARIANTS } from './variants.ts';

/** Kernels that were measured to be the best on an adapter. */
export interface TunedMatmul {
  /** Day and time of the measurement, ISO 8601. */
  readonly measured: string;
  /** By class of shape, the name of a variant. */
  readonly winners: Readonly<Record<string, string>>;
}

/** FNV-1a over the kernels' text: what was measured with other kernels says nothing of these. */
function kernelsVersion(): string {
  const texts = new Set(MATMUL_VARIANT_NAMES.map((name) => kernelSource(MATMUL_VARIANTS[name].kernel)));
  let hash = 0x811c9dc5;
  for (const character of [...texts].join('')) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}

const keyOf = (adapter: string) => `matmul ${kernelsVersion()} ${adapter}`;

/**
 * What was tuned on the adapter of this description with these kernels; null where nobody did.
 * @throws TuningError where what is kept cannot be read.
 */
export async function recallTuned(adapter: string): Promise<TunedMatmul | null> {
  const text = await recall(keyOf(adapter));
  if (text === null) return null;
  try {
    const { measured, winners } = JSON.parse(text) as TunedMatmul;
    const names = Object.values(winners);
    if (typeof measured === 'string' && names.length > 0 && names.every(isMatmulVariant))
      return { measured, winners };
  } catch {
    // Not JSON, or no winners in it: the same sentence as for wrong ones.
  }
  throw new TuningError(
    `The tuning kept for "${adapter}" cannot be read (${text.slice(0, 60)}); forgetTuned removes it.`,
  );
}

export function rememberTuned(adapter: string, tuned: TunedMatmul): Promise<void> {
  return remember(keyOf(adapter), JSON.stringify(tuned));
}

/** Back to the table. */
export function forgetTuned(adapter: string): Promise<void> {
  return remember(keyOf(adapter), null);
}
