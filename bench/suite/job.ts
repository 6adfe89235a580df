import type { Engine } from '../../engine/index.ts';
import type { Peer, Roofline, Row, StepPeer } from '../contract.ts';
import type { Budget } from './timing.ts';

/** What every row is measured with. */
export interface Context {
  /** For kernels. */
  readonly engine: Engine;
  /** Another engine on the same adapter, for rows that want a memory and compiled pipelines of their own. */
  open(): Promise<Engine>;
  readonly roofline: Roofline;
  readonly budget: Budget;
  readonly peers: readonly Peer[];
  readonly stepPeers: readonly StepPeer[];
}

/** A row to be, or a few that are measured by turns. */
export interface Job {
  readonly id: string;
  readonly group: Row['group'];
  readonly family: string;
  readonly shape: string;
  /** Measured only where a filter asks for it. */
  readonly onlyAsked?: boolean;
  /** Work beside that of other jobs, for the time that is left: floating-point operations, or about as much. */
  readonly weight: number;
  /** Measures. Throws BenchmarkError where the values are wrong. */
  run(context: Context): Promise<readonly Row[]>;
}

/** A row that cannot be told, with the reason. */
export class BenchmarkError extends Error {
  override readonly name = 'BenchmarkError';
}
