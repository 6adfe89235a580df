import { PAPER } from '../headline/shapes.ts';
import type { Headline } from '../headline/summary.ts';
import { change, digits, duration, megabytes, orDash, times } from './format.ts';
import type { Table } from './table.ts';

/** Latency and memory by window, of each encoder over SPOTR's. */
export function headlineTable({ windows, encoders }: Headline): Table {
  const [, ...others] = encoders;
  return {
    headings: [
      'C x T',
      ...encoders.map(({ title }) => `${title}, p50`),
      ...others.flatMap(({ title }) => [`${title}: time`, 'memory']),
    ],
    rows: windows.map((window, i) => [
      window,
      ...encoders.map(({ cells }) => {
        const cell = cells[i];
        return cell ? `${cell.partial ? '~' : ''}${duration(cell.row.medianMs)}` : '-';
      }),
      ...others.flatMap(({ cells }) => [
        orDash(cells[i]?.timeOverSpotr, times),
        orDash(cells[i]?.memoryOverSpotr, (value) => `${value.toFixed(2)}x`),
      ]),
    ]),
    texts: 1,
  };
}

/** Every number of the comparison. */
export function headlineDetails({ windows, encoders }: Headline): Table {
  return {
    headings: [
      'C x T',
      'encoder',
      'tokens',
      'GMAC',
      'p50',
      'p95',
      'on the device',
      'windows/s',
      'GFLOP/s',
      'peak memory',
      'timed',
    ],
    rows: windows.flatMap((window, i) =>
      encoders.flatMap(({ title, cells }) => {
        const cell = cells[i];
        if (!cell) return [];
        const { row } = cell;
        const more = row.more ?? {};
        const part = cell.partial ? `, ${more.timedSequences} of ${more.sequences} sequences` : '';
        return [
          [
            window,
            title,
            orDash(more.tokens, String),
            digits(cell.multiplyAdds / 1e9),
            duration(row.medianMs),
            duration(row.p95Ms),
            orDash(row.gpuMs, duration),
            digits(cell.windowsPerSecond),
            orDash(row.gflops),
            megabytes(cell.peakBytes),
            `${more.rounds} runs${part}`,
          ],
        ];
      }),
    ),
    texts: 2,
  };
}

/** Means over the windows beside the paper's, and SPOTR's against each. */
export function headlineMeans({ means }: Headline): Table {
  const [ours, ...others] = means;
  if (!ours) return { headings: [], rows: [], texts: 0 };
  const { spotr, moment } = PAPER;
  const paper = (
    title: string,
    of: { p50Ms: number; p95Ms: number; windowsPerSecond: number; peakMb: number },
  ) => [title, duration(of.p50Ms), duration(of.p95Ms), digits(of.windowsPerSecond), `${of.peakMb} MB`];
  return {
    headings: ['encoder', 'p50', 'p95', 'windows/s', 'peak memory', "SPOTR's latency", "SPOTR's memory"],
    rows: [
      ...[ours, ...others].map((one) => [
        one.title,
        duration(one.p50Ms),
        duration(one.p95Ms),
        digits(one.windowsPerSecond),
        megabytes(one.peakBytes),
        one === ours ? '' : change(ours.p50Ms, one.p50Ms),
        one === ours ? '' : change(ours.peakBytes, one.peakBytes),
      ]),
      [...paper('SPOTR in the paper (A100)', spotr), '', ''],
      [
        ...paper('MOMENT in the paper (A100)', moment),
        change(spotr.p50Ms, moment.p50Ms),
        change(spotr.peakMb, moment.peakMb),
      ],
    ],
    texts: 1,
  };
}

/** What the table of the headline should not be read without. */
export function headlineNotes(headline: Headline): string[] {
  const flat = headline.encoders.find(({ name }) => name === 'flattened');
  const noGain = headline.windows.filter((_, i) => (flat?.cells[i]?.timeOverSpotr ?? Infinity) < 1.05);
  const partial = headline.encoders.some(({ cells }) => cells.some((cell) => cell?.partial));
  return [
    "Batch 1, forward, base encoder, random weights, every encoder on this engine and adapter, by turns. Ratios of time are medians over runs. Memory is the peak of weights and activations; the published MOMENT carries another 99 MB, T5's table of words, which signals never touch.",
    noGain.length === 0
      ? ''
      : `Compaction does not pay at ${noGain.join(', ')}: 1 + C + N tokens are hardly fewer than 1 + C N there, or no fewer at all.`,
    partial
      ? '~: a part of the independent sequences of the window was timed, and the time multiplied up; the whole would take minutes on this adapter. Memory is of the whole.'
      : '',
  ].filter(Boolean);
}
