import { expect, it } from 'vitest';
import { testEngine } from '../support/engine.ts';
import { hasHalf } from '../support/half.ts';
import { lossesOf } from '../support/tiny-run.ts';

const STEPS = 200;
const half = await hasHalf(`${STEPS} training steps stored as f16 against f32`);

it.runIf(half)(`keeps every loss of ${STEPS} steps stored as f16 within 2 % of the f32 run`, async () => {
  const engine = await testEngine();
  const full = await lossesOf(engine, { steps: STEPS });
  const halved = await lossesOf(engine, { steps: STEPS, precision: 'f16' });
  const apart = halved.map((loss, step) => Math.abs(loss / (full[step] as number) - 1));
  console.log(`Largest difference of the losses: ${(100 * Math.max(...apart)).toFixed(3)} %.`);
  expect(full.at(-1)).toBeLessThan(full[0] as number);
  expect(Math.max(...apart)).toBeLessThan(0.02);
});
