import { expect, it } from 'vitest';
import { testEngine } from '../support/engine.ts';
import { lossesOf } from '../support/tiny-run.ts';
import { runInBrowser } from './launch.ts';

it('trains SPOTR in the browser as in Node', async () => {
  const options = { steps: 3, seed: 5 };
  const engine = await testEngine();
  const inNode = await lossesOf(engine, options);
  const inBrowser = await runInBrowser<{ adapter: string; losses: number[] }>(
    'test/browser/modules/train-tiny.ts',
    options,
  );
  console.log(`Node (${engine.device.description}): ${inNode.join(', ')}`);
  console.log(`Browser (${inBrowser.adapter}): ${inBrowser.losses.join(', ')}`);
  expect(inBrowser.losses).toHaveLength(3);
  for (const [step, loss] of inNode.entries()) {
    const other = inBrowser.losses[step] as number;
    // SwiftShader gives the same bits in both; another driver in Node rounds exp and tanh differently.
    const bound = /swiftshader/i.test(engine.device.description) ? 1e-6 : 1e-4;
    expect(Math.abs(other - loss) / loss, `step ${step}`).toBeLessThanOrEqual(bound);
  }
});
