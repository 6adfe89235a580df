import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NamedTensors } from '../../model/index.ts';
import { relativeError } from '../support/check-op.ts';
import { digestsOf } from '../support/digest.ts';
import { testEngine } from '../support/engine.ts';
import { type RunOptions, runOf } from '../support/tiny-run.ts';
import { findChromium } from './find-chromium.ts';
import { openBrowser, type TestBrowser } from './launch.ts';
import type { TrainedElsewhere, TrainedInPage } from './modules/train-tiny.ts';

const RUNS: { name: string; options: RunOptions }[] = [
  { name: '50 steps', options: { steps: 50, seed: 5, batchSize: 2, seconds: 1 } },
  {
    name: '8 updates of 3 batches, conditioned on all tokens',
    options: { steps: 8, accumulation: 3, conditioning: 'tokens', seed: 6, batchSize: 2, seconds: 1 },
  },
];

/** Largest relative differences. */
interface Allowed {
  readonly losses: number;
  /** By tensor, of L2 norms. */
  readonly weights: number;
  readonly why: string;
}

interface Difference {
  readonly largest: number;
  /** The step or the tensor. */
  readonly where: string;
}

describe('trains SPOTR in the browser as in Node', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  it.each(RUNS)('$name', async ({ name, options }) => {
    const engine = await testEngine();
    const inNode = await runOf(engine, options);
    const elsewhere: TrainedElsewhere = { options, digests: await digestsOf(inNode.weights) };
    const inPage = await browser.run<TrainedInPage>('test/browser/modules/train-tiny.ts', elsewhere);
    expect(inPage.losses).toHaveLength(options.steps);
    expect(Object.keys(inPage.digests)).toEqual(Object.keys(elsewhere.digests));

    const losses = largest(
      inPage.losses.map((loss, step) => [
        `step ${step + 1}`,
        relativeError([loss], [inNode.losses[step] ?? 0]),
      ]),
    );
    const weights = largest(weightDifferences(inNode.weights, inPage.differing));
    const allowed = allowedBetween(engine.device.description, inPage.adapter);
    const ends = [inNode.losses.at(0), inNode.losses.at(-1)].map((loss) => loss?.toFixed(4));
    console.log(
      [
        `${name}, loss ${ends.join(' to ')}: Node on ${engine.device.description}; ${browser.description} on ${inPage.adapter}`,
        `losses: ${told(losses)}; may be ${allowed.losses}`,
        `weights: ${told(weights)}; may be ${allowed.weights}; ${Object.keys(inPage.differing).length} of ${inNode.weights.size} tensors differ in a bit`,
        allowed.why,
      ].join('\n  '),
    );
    expect(losses.largest, `losses, most at ${losses.where}`).toBeLessThanOrEqual(allowed.losses);
    expect(weights.largest, `weights, most in ${weights.where}`).toBeLessThanOrEqual(allowed.weights);
    // Equal numbers of other bytes (a zero's sign) are not the same bits.
    if (allowed.weights === 0) expect(Object.keys(inPage.differing)).toEqual([]);
  });
});

/** AdamW divides by its own size even a gradient that is mere rounding, so the least difference in a bit grows in such weights. */
const GROWN = 1e-2;

function allowedBetween(inNode: string, inPage: string): Allowed {
  if (![inNode, inPage].every((adapter) => /swiftshader/i.test(adapter))) {
    return {
      losses: 1e-5,
      weights: GROWN,
      why: 'Two drivers round exp and tanh differently.',
    };
  }
  const named = process.env.VK_ICD_FILENAMES ?? process.env.VK_DRIVER_FILES;
  return named === undefined && findChromium().source === 'packaged'
    ? { losses: 0, weights: 0, why: 'One SwiftShader serves both, so every bit must be the same.' }
    : { losses: 1e-6, weights: GROWN, why: 'Two builds of SwiftShader may round differently.' };
}

/** A NaN counts as larger than all. */
function largest(differences: readonly (readonly [where: string, difference: number])[]): Difference {
  return differences.reduce<Difference>(
    (most, [where, difference]) =>
      difference <= most.largest || Number.isNaN(most.largest) ? most : { largest: difference, where },
    { largest: 0, where: '' },
  );
}

const told = ({ largest, where }: Difference) =>
  where === '' ? 'no difference' : `largest relative difference ${largest.toExponential(1)} (${where})`;

/** Of each tensor whose bytes differ. */
function weightDifferences(inNode: NamedTensors, differing: TrainedInPage['differing']): [string, number][] {
  return Object.entries(differing).map(([name, base64]) => {
    const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
    return [name, relativeError(new Float32Array(bytes.buffer), inNode.get(name)?.data ?? [])];
  });
}
