import { openEngine } from '../../../engine/index.ts';
import { lossesOf, type RunOptions } from '../../support/tiny-run.ts';

/** Trains on the page's adapter; returns which one, and the losses. */
export default async function trainTiny(options: RunOptions): Promise<{ adapter: string; losses: number[] }> {
  const engine = await openEngine();
  const losses = await lossesOf(engine, options);
  const adapter = engine.device.description;
  engine.close();
  return { adapter, losses };
}
