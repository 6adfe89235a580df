/** Why a loss is not a number, as far as the windows that it is of tell. */
import type { SignalBatch } from '../../data/index.ts';
import { tooLarge } from '../../model/index.ts';

/** Names the first window that no weights could have taken; undefined where all can be normalised. */
export function windowsAtFault(batches: readonly SignalBatch[]): string | undefined {
  for (const [number, { signal, shape, source, labels }] of batches.entries()) {
    const found = tooLarge(signal, shape);
    if (!found) continue;
    const { window, channel, value } = found;
    const label = labels?.[window]?.[channel];
    const what = Number.isFinite(value)
      ? `reaches ${value.toExponential(1)}, too large to be normalised in 32 bits`
      : `holds ${value}`;
    const of = batches.length > 1 ? ` of batch ${number + 1}` : '';
    return `channel ${label === undefined ? channel + 1 : `"${label}"`} of window ${window + 1}${of} (${source}) ${what}`;
  }
  return undefined;
}
