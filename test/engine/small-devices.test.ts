import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, matmulChoices } from '../../engine/index.ts';
import { MATMUL_VARIANTS } from '../../engine/matmul/variants.ts';
import { DEVICES, engineOn } from '../support/devices.ts';
import { runs, testEngine } from '../support/engine.ts';
import { checkCases } from '../support/op-cases.ts';
import { references } from '../support/references.ts';
import { lossesOf, TOY } from '../support/tiny-run.ts';

/** Losses of the same steps on the adapter as it is; kernels differ, and so does rounding. */
const STEPS = { steps: 2, config: TOY, batchSize: 2, seconds: 1 } as const;
/** A software adapter takes long to compile the kernels for graphics cards, and longer on a busy machine. */
const COMPILING = 900_000;
let expected: readonly number[];
beforeAll(async () => {
  expected = await lossesOf(await testEngine(), STEPS);
});

describe.each(DEVICES)('with $name', (device) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await engineOn(device);
  });
  afterAll(() => engine.dispose());

  it('opens a device that is no larger', () => {
    const { limits, kind, features } = engine.device;
    expect(kind).toBe(device.kind);
    expect(limits.maxComputeInvocationsPerWorkgroup).toBe(128);
    expect(limits.maxComputeWorkgroupStorageSize).toBe(16384);
    expect(limits.maxStorageBuffersPerShaderStage).toBe(8);
    expect(features.has('subgroups')).toBe(false);
  });

  it('takes products from the row of its kind, that its workgroups hold', () => {
    const names = [...matmulChoices(engine.device).values()];
    if (device.kind === 'hardware') expect(names).toContain('shared');
    for (const { workgroup } of names.map((name) => MATMUL_VARIANTS[name])) {
      const { maxComputeInvocationsPerWorkgroup: most } = engine.device.limits;
      expect(workgroup[0] * workgroup[1]).toBeLessThanOrEqual(most);
    }
  });

  it(
    'trains as the adapter itself does',
    async () => {
      const losses = await lossesOf(engine, STEPS);
      expect(losses).toHaveLength(STEPS.steps);
      for (const [step, loss] of losses.entries()) {
        expect(Math.abs(loss / (expected[step] as number) - 1)).toBeLessThan(1e-5);
      }
    },
    COMPILING,
  );

  it.each(references.map((reference) => [reference.op, reference] as const))(
    '%s matches its float64 reference',
    async (_, reference) => {
      expect(await checkCases(engine, reference, runs(2))).toBe(runs(2));
    },
  );
});
