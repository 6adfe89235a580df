import { SignalError } from '../errors.ts';
import { MODEL_RATE } from '../rate.ts';

/**
 * Lengths, in seconds, of the windows that a source is trained on, by what it says of itself (`describe`): that of most
 * windows first.
 */
export function windowSeconds(
  description: Readonly<Record<string, unknown>>,
): readonly [number, ...number[]] {
  const { samples, groups } = description as {
    readonly samples?: number;
    readonly groups?: readonly { readonly samples: number; readonly trainWindows: number }[];
  };
  const windows = new Map<number, number>();
  for (const group of groups ?? [])
    windows.set(group.samples, (windows.get(group.samples) ?? 0) + group.trainWindows);
  if (samples !== undefined) windows.set(samples, 1);
  const [first, ...others] = [...windows]
    .sort(([a, many], [b, more]) => more - many || a - b)
    .map(([length]) => length / MODEL_RATE);
  if (first === undefined) throw new SignalError('The data describe themselves without any windows.');
  return [first, ...others];
}

/** Most channels, and most samples, of the batches that a source gives, by what it says of itself. */
export function largestBatch(description: Readonly<Record<string, unknown>>): {
  readonly channels: number;
  readonly samples: number;
} {
  const { samples, channels, groups, stages } = description as {
    readonly samples?: number;
    readonly channels?: Readonly<Record<string, number>>;
    readonly groups?: readonly { readonly channels: number; readonly samples: number }[];
    readonly stages?: readonly Readonly<Record<string, unknown>>[];
  };
  const sizes = [
    ...(groups ?? []),
    ...Object.values(channels ?? {}).map((own) => ({ channels: own, samples: samples ?? 0 })),
    ...(stages ?? []).map(largestBatch),
  ];
  if (sizes.length === 0) throw new SignalError('The data describe themselves without any windows.');
  return {
    channels: Math.max(...sizes.map((size) => size.channels)),
    samples: Math.max(...sizes.map((size) => size.samples)),
  };
}
