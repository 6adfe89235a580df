import { recall, remember } from '#platform';
import { EngineError } from '../errors.ts';
import { kernelSource } from '../gpu/kernel.ts';
import { isProductVariant, PRODUCT_VARIANT_NAMES, PRODUCT_VARIANTS } from './variants.ts';

/** Kernels that were measured to be the best on an adapter. */
export interface TunedProducts {
  /** Day and time of the measurement, ISO 8601. */
  readonly measured: string;
  /** By class of shape, the name of a variant. */
  readonly winners: Readonly<Record<string, string>>;
}

/** FNV-1a over the kernels' text: what was measured with other kernels says nothing of these. */
function kernelsVersion(): string {
  const texts = new Set(PRODUCT_VARIANT_NAMES.map((name) => kernelSource(PRODUCT_VARIANTS[name].kernel)));
  let hash = 0x811c9dc5;
  for (const character of [...texts].join('')) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}

const noteOf = (adapter: string) => `products ${kernelsVersion()} ${adapter}`;

/**
 * What was tuned on the adapter of this description with these kernels; null where nobody did.
 * @throws EngineError where what is remembered cannot be read.
 */
export async function recallTuned(adapter: string): Promise<TunedProducts | null> {
  const text = await recall(noteOf(adapter));
  if (text === null) return null;
  try {
    const { measured, winners } = JSON.parse(text) as TunedProducts;
    const names = Object.values(winners);
    if (typeof measured === 'string' && names.length > 0 && names.every(isProductVariant))
      return { measured, winners };
  } catch {
    // Not JSON, or no winners in it: the same sentence as for wrong ones.
  }
  throw new EngineError(
    `What "spotr doctor --tune" remembered for "${adapter}" cannot be read (${text.slice(0, 60)}); "spotr doctor --forget" removes it.`,
  );
}

export function rememberTuned(adapter: string, tuned: TunedProducts): Promise<void> {
  return remember(noteOf(adapter), JSON.stringify(tuned));
}

/** Back to the table. */
export function forgetTuned(adapter: string): Promise<void> {
  return remember(noteOf(adapter), null);
}
