import type { Row } from '../contract.ts';

/** One encoder at one window. */
export interface HeadlineCell {
  readonly row: Row;
  readonly peakBytes: number;
  readonly multiplyAdds: number;
  readonly timeOverSpotr: number;
  readonly memoryOverSpotr: number;
  readonly windowsPerSecond: number;
  /** Whether a part of the window was timed and multiplied up. */
  readonly partial: boolean;
}

export interface HeadlineEncoder {
  /** As in ids. */
  readonly name: string;
  readonly title: string;
  /** By window, in the order of `windows`; undefined where it was not timed. */
  readonly cells: readonly (HeadlineCell | undefined)[];
}

/** Means over the windows at which every encoder was timed. */
export interface HeadlineMeans {
  readonly title: string;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly windowsPerSecond: number;
  readonly peakBytes: number;
  readonly multiplyAdds: number;
  /** Geometric mean of the ratios window by window: means of times are those of the largest windows. */
  readonly timeOverSpotr: number;
}

export interface Headline {
  /** As `12x2000`, fewest patches first. */
  readonly windows: readonly string[];
  /** SPOTR first. */
  readonly encoders: readonly HeadlineEncoder[];
  /** In the order of `encoders`; empty where no window has them all. */
  readonly means: readonly HeadlineMeans[];
}

const SPOTR = 'spotr';
const TITLES: Readonly<Record<string, string>> = {
  [SPOTR]: 'SPOTR',
  flattened: 'flattened',
  moment: 'MOMENT-shaped',
};

/** Puts the rows of group `headline` together; null where there are none. */
export function headlineOf(rows: readonly Row[]): Headline | null {
  const cells = new Map<string, Map<string, HeadlineCell>>();
  for (const row of rows) {
    if (row.group !== 'headline') continue;
    const name = row.id.split('/').at(-1) ?? '';
    const byWindow = cells.get(name) ?? new Map<string, HeadlineCell>();
    cells.set(name, byWindow.set(row.shape, cellOf(row)));
  }
  if (cells.size === 0) return null;
  const windows = [...new Set([...cells.values()].flatMap((byWindow) => [...byWindow.keys()]))];
  windows.sort((a, b) => samplesOf(a) - samplesOf(b));
  const encoders = [...cells]
    .sort(([a], [b]) => Number(b === SPOTR) - Number(a === SPOTR))
    .map(([name, byWindow]) => ({
      name,
      title: TITLES[name] ?? name,
      cells: windows.map((window) => byWindow.get(window)),
    }));
  return { windows, encoders, means: meansOf(encoders, windows.length) };
}

function cellOf(row: Row): HeadlineCell {
  const more = (key: string) => row.more?.[key] ?? Number.NaN;
  return {
    row,
    peakBytes: more('peakBytes'),
    multiplyAdds: more('multiplyAdds'),
    timeOverSpotr: more('timeOverSpotr'),
    memoryOverSpotr: more('memoryOverSpotr'),
    windowsPerSecond: more('windowsPerSecond'),
    partial: more('timedSequences') < more('sequences'),
  };
}

const samplesOf = (window: string): number =>
  window.split('x').reduce((product, extent) => product * Number(extent), 1);

function meansOf(encoders: readonly HeadlineEncoder[], windows: number): HeadlineMeans[] {
  const shared = Array.from({ length: windows }, (_, at) => at).filter((at) =>
    encoders.every(({ cells }) => cells[at] !== undefined),
  );
  if (shared.length === 0) return [];
  return encoders.map(({ title, cells }) => {
    const mean = (value: (cell: HeadlineCell) => number) =>
      shared.reduce((sum, at) => sum + value(cells[at] as HeadlineCell), 0) / shared.length;
    return {
      title,
      p50Ms: mean(({ row }) => row.medianMs),
      p95Ms: mean(({ row }) => row.p95Ms),
      windowsPerSecond: mean((cell) => cell.windowsPerSecond),
      peakBytes: mean((cell) => cell.peakBytes),
      multiplyAdds: mean((cell) => cell.multiplyAdds),
      timeOverSpotr: Math.exp(mean((cell) => Math.log(cell.timeOverSpotr))),
    };
  });
}
