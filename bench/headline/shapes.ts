/** What the paper compares over, and what it measured: SPOTR's efficiency table (one A100, PyTorch, batch 1). */

/** Channels and samples of a window at 200 Hz. */
export type WindowShape = readonly [channels: number, samples: number];

/**
 * The windows of the paper's 17 downstream datasets. Some datasets share a shape: these are the distinct ones, so that
 * means here weigh shapes alike, and the paper's weigh datasets alike.
 */
export const SHAPES: readonly WindowShape[] = [
  [1, 600],
  [1, 1600],
  [1, 2000],
  [1, 6000],
  [2, 200],
  [2, 6000],
  [3, 420],
  [12, 2000],
  [19, 1000],
  [19, 2000],
  [29, 800],
];

/** One channel, few and many. */
export const QUICK_SHAPES: readonly WindowShape[] = [
  [1, 600],
  [3, 420],
  [2, 6000],
  [12, 2000],
];

export const shapeName = ([channels, samples]: WindowShape): string => `${channels}x${samples}`;

/** Means over the paper's datasets; memory in MB as printed there. */
export const PAPER = {
  spotr: { p50Ms: 7.15, p95Ms: 7.69, windowsPerSecond: 139.8, peakMb: 256 },
  moment: { p50Ms: 32.61, p95Ms: 35.48, windowsPerSecond: 45.7, peakMb: 532 },
} as const;
