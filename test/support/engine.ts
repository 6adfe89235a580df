import { type Engine, openEngine } from '../../engine/index.ts';

let opened: Promise<Engine> | null = null;

/** One engine a test file: opening a device takes longer than most tests. */
export function testEngine(): Promise<Engine> {
  opened ??= openEngine();
  return opened;
}

/** How many random cases a property tries; SPOTR_FUZZ multiplies it. */
export function runs(count: number): number {
  return Math.ceil(count * Number(process.env.SPOTR_FUZZ ?? 1));
}
