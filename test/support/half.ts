import type { Engine } from '../../engine/index.ts';
import { testEngine } from './engine.ts';

/** Whether the adapter stores f16. Where it does not, that is said aloud: what is skipped must not look tested. */
export async function hasHalf(what: string): Promise<boolean> {
  const { device }: Engine = await testEngine();
  const has = device.features.has('shader-f16');
  if (!has) console.warn(`NOT TESTED: ${what}; the adapter "${device.description}" has no shader-f16.`);
  return has;
}
