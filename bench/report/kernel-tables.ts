import type { Results } from '../contract.ts';
import { bestPeer } from '../suite/targets.ts';
import { digits, duration, orDash, times } from './format.ts';
import { highestAim, kernelGroups, spread, verdicts } from './kernels.ts';
import { peerNames, ratioCells, type Table } from './table.ts';

/** What the adapter can do. */
export function rooflineTable({ roofline }: Results): Table {
  const { f32Gflops, f16Gflops, copyGbps } = roofline;
  const micro = (microseconds: number) => duration(microseconds / 1000);
  return {
    headings: ['multiply-add f32', 'f16', 'copy', 'a dispatch', 'a submit', 'reading 256 bytes back'],
    rows: [
      [
        `${digits(f32Gflops)} GFLOP/s`,
        orDash(f16Gflops, (value) => `${digits(value)} GFLOP/s`),
        `${digits(copyGbps)} GB/s`,
        micro(roofline.dispatchMicroseconds),
        micro(roofline.submitMicroseconds),
        micro(roofline.readbackMicroseconds),
      ],
    ],
    texts: 0,
  };
}

/** Which targets hold, and the rows furthest from them. */
export function verdictTable({ rows }: Results): Table {
  return {
    headings: ['aim', 'rows that reach it', 'furthest from it'],
    rows: verdicts(rows).map(({ target, unit, reached, of, short }) => [
      target,
      `${reached} of ${of}`,
      short
        .slice(0, 3)
        .map(({ id, value }) => `${id} (${digits(value, 2)}${unit})`)
        .join(', ') || 'none',
    ]),
    texts: 3,
  };
}

/** A line for each family and size: the median over its rows, and the worst. */
export function kernelSummary({ rows }: Results): Table {
  const both = (values: readonly (number | null | undefined)[], show: (value: number) => string) => {
    const found = spread(values);
    return found ? `${show(found.median)} / ${show(found.least)}` : '-';
  };
  return {
    headings: ['family', 'size', 'rows', 'GFLOP/s', 'GB/s', '% of roofline', 'fastest peer', 'error at most'],
    rows: kernelGroups(rows).map(({ family, size, rows: members }) => [
      family,
      size,
      String(members.length),
      both(
        members.map(({ gflops }) => gflops),
        digits,
      ),
      both(
        members.map(({ gbps }) => gbps),
        digits,
      ),
      both(
        members.map(({ percentOfPeak }) => percentOfPeak),
        (value) => String(Math.round(value)),
      ),
      both(
        members.map((row) => bestPeer(row)),
        times,
      ),
      orDash(mostOf(members.map(({ error }) => error)), (value) => value.toExponential(0)),
    ]),
    texts: 2,
  };
}

function mostOf(values: readonly (number | null)[]): number | null {
  const there = values.filter((value) => value !== null);
  return there.length === 0 ? null : Math.max(...there);
}

/** Every kernel row. */
export function kernelTable({ rows }: Results): Table {
  const kernels = rows.filter(({ group }) => group === 'kernel');
  const names = peerNames(kernels);
  return {
    headings: [
      'row',
      'shape',
      'median',
      'p95',
      'on the device',
      'GFLOP/s',
      'GB/s',
      '% of roofline',
      'bound by',
      'error',
      ...names,
    ],
    rows: kernels.map((row) => [
      row.id,
      row.shape,
      duration(row.medianMs),
      duration(row.p95Ms),
      orDash(row.gpuMs, duration),
      orDash(row.gflops),
      orDash(row.gbps),
      orDash(row.percentOfPeak, (value) => String(Math.round(value))),
      row.bound ?? '-',
      orDash(row.error, (value) => value.toExponential(1)),
      ...ratioCells(row, names),
    ]),
    texts: 2,
  };
}

/** The ratio of the fastest peer by step or family that has peers, and what it should reach. */
export function peerTable({ rows }: Results): Table {
  const compared = rows.filter(({ peers }) => peers.length > 0);
  const names = peerNames(compared);
  const families = [...new Set(compared.map(({ family }) => family))];
  return {
    headings: ['family', 'rows', ...names, 'fastest peer', 'aim'],
    rows: families.map((family) => {
      const members = compared.filter((row) => row.family === family);
      const of = (ratios: readonly (number | null | undefined)[]) => {
        const found = spread(ratios);
        return found ? `${times(found.median)} / ${times(found.least)}` : '-';
      };
      return [
        family,
        String(members.length),
        ...names.map((name) =>
          of(members.map(({ peers }) => peers.find((peer) => peer.name === name)?.ratio)),
        ),
        of(members.map((row) => bestPeer(row))),
        orDash(highestAim(members), (aim) => `${aim}x`),
      ];
    }),
    texts: 1,
  };
}

/** What a peer cannot express, and why, once for all rows of a family. */
export function refusalTable({ rows }: Results): Table {
  const seen = new Map<string, string[]>();
  for (const { family, refusals = {} } of rows) {
    for (const [peer, reason] of Object.entries(refusals))
      seen.set(`${peer}\n${family}\n${reason}`, [peer, family, reason]);
  }
  return { headings: ['peer', 'family', 'why it was not timed'], rows: [...seen.values()], texts: 3 };
}
