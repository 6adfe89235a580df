import { requestAdapter } from '../../engine/platform/node.ts';

/** Says once which adapter a run tests on. Without one the run fails: nothing is skipped. */
export default async function sayAdapter(): Promise<void> {
  const { kind, description, why } = await requestAdapter();
  console.log(`\nTests run on a ${kind} adapter: ${description}\n${why}\n`);
}
