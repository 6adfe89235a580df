import type { Engine } from '../../engine/index.ts';
import { testEngine } from './engine.ts';
import { notTested } from './not-tested.ts';

/** Whether the adapter stores f16. Where it does not, that is said aloud. */
export async function hasHalf(what: string): Promise<boolean> {
  const { device }: Engine = await testEngine();
  const has = device.features.has('shader-f16');
  if (!has) notTested(what, `the adapter "${device.description}" has no shader-f16`);
  return has;
}

/** Whether it does not, for tests of what is said then. Where it does, that is said aloud. */
export async function lacksHalf(what: string): Promise<boolean> {
  const { device }: Engine = await testEngine();
  const has = device.features.has('shader-f16');
  if (has) notTested(what, `the adapter "${device.description}" has shader-f16`);
  return !has;
}
