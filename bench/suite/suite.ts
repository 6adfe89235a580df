import type { Engine } from '../../engine/index.ts';
import type { KernelCase, OpenedPeers, Results, Roofline, Row } from '../contract.ts';
import { headlineJobs } from '../headline/jobs.ts';
import { measureRoofline } from '../roofline/roofline.ts';
import { type Extent, kernelCases, showWindow, TYPICAL } from './cases/index.ts';
import type { Context, Job } from './job.ts';
import { kernelJob } from './kernel-jobs.ts';
import { stepJobs } from './steps/index.ts';
import { FULL, QUICK } from './timing.ts';

/** Every row that the suite knows, in the order in which they are measured. */
export function allJobs(extent: Extent): readonly Job[] {
  const cases = kernelCases(extent);
  const compared = comparedCases(cases, extent);
  return [
    ...cases.map((kernel) => kernelJob(kernel, compared.has(kernel))),
    ...stepJobs(extent),
    ...headlineJobs(extent),
  ];
}

/**
 * Cases that the peers run too: those of the typical window of each size and powers of two, since everywhere they would
 * take hours; when time is short, one of each family and pass.
 */
function comparedCases(cases: readonly KernelCase[], extent: Extent): ReadonlySet<KernelCase> {
  if (extent === 'quick') {
    const first = new Map(cases.toReversed().map((kernel) => [`${kernel.family} ${kernel.pass}`, kernel]));
    return new Set(first.values());
  }
  const typical = ` ${showWindow(TYPICAL)} `;
  return new Set(cases.filter(({ label }) => label.includes(typical) || !/\d+x\d+ /.test(label)));
}

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** From what the rows so far took; null before the first. */
  readonly secondsLeft: number | null;
}

export type Failure = Results['failures'][number];

/** Hears of everything as it comes. */
export interface Listener {
  roofline(roofline: Roofline): void;
  starting(job: Pick<Job, 'id' | 'family' | 'shape'>, progress: Progress): void;
  row(row: Row, progress: Progress): void;
  failure(failure: Failure, progress: Progress): void;
  /** Asked between rows: true ends the run early, with the rows so far. */
  readonly stopped?: () => boolean;
}

export interface SuiteSetup {
  readonly jobs: readonly Job[];
  readonly extent: Extent;
  /** Opens an engine on the adapter to measure. */
  open(): Promise<Engine>;
  /** Null where nothing is compared. */
  readonly peers: OpenedPeers | null;
}

export interface SuiteResults extends Pick<Results, 'roofline' | 'rows' | 'failures'> {
  readonly device: string;
  readonly driver: string;
}

/** Measures the roofline, then every job. A row that fails is told and passed over. */
export async function runSuite(
  { jobs, extent, open, peers }: SuiteSetup,
  listener: Listener,
): Promise<SuiteResults> {
  const engine = await open();
  try {
    const budget = extent === 'full' ? FULL : QUICK;
    const roofline = await measureRoofline(engine, budget);
    listener.roofline(roofline);
    const context: Context = {
      engine,
      open,
      roofline,
      budget,
      peers: peers?.peers ?? [],
      stepPeers: peers?.steps ?? [],
    };
    const rows: Row[] = [];
    const failures: Failure[] = [];
    const timer = remaining(jobs);
    for (const [index, job] of jobs.entries()) {
      if (listener.stopped?.()) break;
      listener.starting(job, timer(index));
      try {
        for (const row of await job.run(context)) {
          rows.push(row);
          listener.row(row, timer(index + 1));
        }
      } catch (error) {
        // A lost device cannot measure anything more; what one row alone does wrong must not end the others.
        if (engine.device.lostError) throw engine.device.lostError;
        const failure = { id: job.id, message: error instanceof Error ? error.message : String(error) };
        failures.push(failure);
        listener.failure(failure, timer(index + 1));
      }
    }
    const { description, gpu } = engine.device;
    const { vendor, architecture, description: driver } = gpu.adapterInfo;
    return {
      device: description,
      driver: driver || [vendor, architecture].filter(Boolean).join(' ') || 'not told',
      roofline,
      rows,
      failures,
    };
  } finally {
    engine.dispose();
  }
}

/** Progress once `done` jobs are through. */
function remaining(jobs: readonly Job[]): (done: number) => Progress {
  const start = performance.now();
  const weights = [0];
  for (const { weight } of jobs) weights.push((weights.at(-1) ?? 0) + weight);
  const total = weights.at(-1) ?? 0;
  return (done) => {
    const through = weights[done] ?? 0;
    const seconds = (performance.now() - start) / 1000;
    return {
      done,
      total: jobs.length,
      secondsLeft: through === 0 ? null : (seconds / through) * (total - through),
    };
  };
}
