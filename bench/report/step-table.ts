import type { Results } from '../contract.ts';
import { digits, duration, megabytes, orDash, percent } from './format.ts';
import { peerNames, ratioCells, type Table } from './table.ts';

/** How `more` is shown, in this order; whatever else a row tells comes after, under its own name. */
const MORE: Readonly<Record<string, readonly [heading: string, show: (value: number) => string]>> = {
  windowsPerSecond: ['windows/s', digits],
  peakBytes: ['peak memory', megabytes],
  lowerBoundBytes: ['lower bound', megabytes],
  peakOverLowerBound: ['peak / bound', (value) => value.toFixed(2)],
  dispatches: ['dispatches', String],
  submits: ['submits', String],
  scriptMs: ['JavaScript', duration],
  scriptPercent: ['of the step', percent],
  eagerMs: ['eager', duration],
  firstMs: ['first step', duration],
};

/** Whole steps, with their memory beside what liveness says they need at least. */
export function stepTable({ rows }: Results): Table {
  const steps = rows.filter(({ group }) => group === 'step');
  const names = peerNames(steps);
  const values = steps.map(({ more = {} }): Readonly<Record<string, number>> => {
    const { peakBytes, lowerBoundBytes } = more;
    return peakBytes && lowerBoundBytes ? { ...more, peakOverLowerBound: peakBytes / lowerBoundBytes } : more;
  });
  const present = new Set(values.flatMap((more) => Object.keys(more)));
  const keys = [
    ...Object.keys(MORE).filter((key) => present.has(key)),
    ...[...present].filter((key) => !(key in MORE)),
  ];
  const devices = steps.some(({ gpuMs }) => gpuMs !== null) ? ['on the device'] : [];
  return {
    headings: ['row', 'median', 'p95', ...devices, ...keys.map((key) => MORE[key]?.[0] ?? key), ...names],
    rows: steps.map((row, i) => [
      row.id,
      duration(row.medianMs),
      duration(row.p95Ms),
      ...devices.map(() => orDash(row.gpuMs, duration)),
      ...keys.map((key) => orDash(values[i]?.[key], MORE[key]?.[1] ?? digits)),
      ...ratioCells(row, names),
    ]),
    texts: 1,
  };
}
