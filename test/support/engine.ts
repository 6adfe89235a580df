import { type Engine, openEngine } from '../../engine/index.ts';

let opened: Promise<Engine> | null = null;

/** One engine a test file: opening a device takes longer than most tests. */
export function testEngine(): Promise<Engine> {
  opened ??= openEngine();
  return opened;
}

/** Where files share a process, each gets an engine of its own. */
export async function closeTestEngine(): Promise<void> {
  const open = opened;
  opened = null;
  (await open)?.dispose();
}

/** How many random cases a property tries; SPOTR_FUZZ multiplies it. */
export function runs(count: number): number {
  return Math.ceil(count * Number(process.env.SPOTR_FUZZ ?? 1));
}
