import type { Roofline, Row } from '../contract.ts';

/** A column of the table, in the terminal and in the page. */
export interface Column {
  readonly title: string;
  readonly width: number;
  cell(row: Row): string;
}

/** Three significant digits, without an exponent. */
export function brief(value: number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 5));
}

/** Id without its family, which stands above. */
function nameOf({ id, family }: Row): string {
  return id.startsWith(`${family}/`) ? id.slice(family.length + 1) : id;
}

export const COLUMNS: readonly Column[] = [
  { title: '', width: 44, cell: nameOf },
  { title: 'ms', width: 9, cell: ({ medianMs }) => brief(medianMs) },
  { title: 'p95', width: 9, cell: ({ p95Ms }) => brief(p95Ms) },
  { title: 'device', width: 9, cell: ({ gpuMs }) => brief(gpuMs) },
  { title: 'GFLOP/s', width: 9, cell: ({ gflops }) => brief(gflops) },
  { title: 'GB/s', width: 9, cell: ({ gbps }) => brief(gbps) },
  {
    title: '% of roof',
    width: 11,
    cell: ({ percentOfPeak, bound }) =>
      percentOfPeak === null ? '' : `${brief(percentOfPeak)} ${bound === 'compute' ? 'c' : 'm'}`,
  },
  { title: 'error', width: 9, cell: ({ error }) => (error === null ? '' : error.toExponential(1)) },
];

/** How often each peer takes as long as ours; refusals shortly. */
export function peersCell({ peers, refusals = {} }: Row): string {
  const times = peers.map(({ name, ratio }) => `${name} ${brief(ratio)}x`);
  const wrong = Object.entries(refusals)
    .filter(([, why]) => why.startsWith('wrong') || why.startsWith('failed'))
    .map(([name, why]) => `${name} ${why.split(':')[0]}`);
  return [...times, ...wrong].join(', ');
}

const UNITS: Readonly<Record<string, (value: number) => string>> = {
  peakBytes: (value) => `peak ${brief(value / 2 ** 20)} MiB`,
  lowerBoundBytes: (value) => `lower bound ${brief(value / 2 ** 20)} MiB`,
  windowsPerSecond: (value) => `${brief(value)} windows/s`,
  dispatches: (value) => `${value} dispatches`,
  submits: (value) => `${value} submits`,
  scriptMs: (value) => `JavaScript ${brief(value)} ms`,
  eagerMs: (value) => `eager ${brief(value)} ms`,
  firstMs: (value) => `first ${brief(value)} ms`,
};

/** What a row of a whole step tells beside its time. */
export function stepCell({ more = {} }: Row): string {
  return Object.entries(UNITS)
    .flatMap(([name, show]) => (more[name] === undefined ? [] : [show(more[name])]))
    .join(', ');
}

export function headingLine(): string {
  return COLUMNS.map(({ title, width }, i) => (i === 0 ? title.padEnd(width) : title.padStart(width))).join(
    '',
  );
}

/** A row in columns, with what does not fit in them underneath. */
export function rowLines(row: Row): string[] {
  const cells = COLUMNS.map(({ width, cell }, i) =>
    i === 0 ? cell(row).padEnd(width) : cell(row).padStart(width),
  );
  const peers = peersCell(row);
  const notes = [row.group === 'kernel' ? '' : stepCell(row)].filter(Boolean);
  return [`${cells.join('')}${peers && `   ${peers}`}`.trimEnd(), ...notes.map((note) => `    ${note}`)];
}

export function rooflineLines(roofline: Roofline): string[] {
  const { f32Gflops, f16Gflops, peaks, copyGbps, copies } = roofline;
  const half = f16Gflops === null ? 'no f16' : `f16 ${brief(f16Gflops)} GFLOP/s`;
  return [
    `multiply-adds f32 ${brief(f32Gflops)} GFLOP/s, ${half}, copies ${brief(copyGbps)} GB/s`,
    `  by form: ${Object.entries(peaks)
      .map(([name, gflops]) => `${name} ${brief(gflops)}`)
      .join(', ')}`,
    `  copies by size: ${copies.map(({ bytes, gbps }) => `${showBytes(bytes)} ${brief(gbps)}`).join(', ')}`,
    `dispatch ${brief(roofline.dispatchMicroseconds)} µs, submit ${brief(roofline.submitMicroseconds)} µs, read-back of 256 bytes ${brief(roofline.readbackMicroseconds)} µs`,
  ];
}

const showBytes = (bytes: number): string =>
  bytes >= 2 ** 20 ? `${bytes / 2 ** 20} MiB` : `${bytes / 2 ** 10} KiB`;

/** `3 min`, `40 s`; empty where it is not known. */
export function showLeft(seconds: number | null): string {
  if (seconds === null) return '';
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
