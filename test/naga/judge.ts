import type { Outcome } from './child.ts';
import type { Cases, Said } from './job.ts';

/** Relative, between losses on wgpu and on Dawn. */
export const LARGEST_DIFFERENCE = 1e-6;

/** What the same steps gave on Dawn. */
export interface Reference {
  readonly adapter: string;
  readonly losses: readonly number[];
  /** Digests by name. */
  readonly weights: Readonly<Record<string, string>>;
}

export interface Verdict {
  readonly lines: readonly string[];
  readonly problems: readonly string[];
}

type Of<Is extends Said['is']> = Extract<Said, { is: Is }>;

function all<Is extends Said['is']>({ said }: Outcome, is: Is): Of<Is>[] {
  return said.filter((one): one is Of<Is> => one.is === is);
}

function adapterOf(outcome: Outcome): string {
  const [opened] = all(outcome, 'open');
  return opened ? `${opened.adapter}, features: ${opened.features.join(' ') || 'none'}` : 'no adapter';
}

function training(outcome: Outcome, dawn: Reference, steps: number): Verdict {
  const problems = [...outcome.failures];
  const [trained] = all(outcome, 'trained');
  const losses = trained?.losses ?? [];
  if (losses.length !== steps || dawn.losses.length !== steps) {
    problems.push(
      `${losses.length} steps were trained on wgpu and ${dawn.losses.length} on Dawn; ${steps} were to be`,
    );
  }
  const differences = losses.map((loss, step) => Math.abs(loss / (dawn.losses[step] ?? Number.NaN) - 1));
  for (const [step, difference] of differences.entries()) {
    // Put so that NaN fails.
    if (!(difference <= LARGEST_DIFFERENCE)) {
      problems.push(`step ${step + 1} has the loss ${losses[step]}, and ${dawn.losses[step]} on Dawn`);
    }
  }
  const names = Object.keys(dawn.weights);
  const equal = names.filter((name) => trained?.weights[name] === dawn.weights[name]);
  return {
    lines: [
      `wgpu on ${adapterOf(outcome)}; Dawn on ${dawn.adapter}`,
      `losses ${losses.join(', ')}: at most ${Math.max(0, ...differences).toExponential(1)} from Dawn's; ${equal.length} of ${names.length} weights bit-equal after ${losses.length} steps`,
    ],
    problems,
  };
}

function operations(outcome: Outcome, wanted: readonly string[], cases: Cases): Verdict {
  const ops = all(outcome, 'op');
  const right = ops
    .filter((op) => op.f32 === cases.f32 && op.edges === cases.edges && [0, cases.f16].includes(op.f16))
    .map(({ op }) => op);
  const absent = wanted.filter((op) => !right.includes(op));
  const halves = ops.filter((op) => op.f16 > 0).length;
  return {
    lines: [
      `${right.length} of ${wanted.length} operations right, each in ${cases.f32} cases and in ${cases.edges} with NaN, infinities and other edges of IEEE 754`,
      halves > 0
        ? `${halves} of them right stored as f16 too, in ${cases.f16} cases each`
        : 'NOT TESTED: f16, which the adapter cannot store',
    ],
    problems: [
      ...outcome.failures,
      ...(right.length === 0 ? ['no operation was right'] : []),
      ...(absent.length > 0 ? [`not tried to the end: ${absent.join(', ')}`] : []),
    ],
  };
}

function kernels(outcome: Outcome, wanted: readonly string[]): Verdict {
  const leftOut = all(outcome, 'left out');
  const pipelines = all(outcome, 'compiled')[0]?.pipelines ?? 0;
  const compiled = wanted.length - leftOut.length;
  const features = [...new Set(leftOut.map(({ feature }) => feature))];
  return {
    lines: [
      `${compiled} of ${wanted.length} kernels compiled, in ${pipelines} pipelines`,
      ...features.map((feature) => {
        const names = leftOut.filter((one) => one.feature === feature).map(({ kernel }) => kernel);
        return `NOT COMPILED: ${names.length} kernels that need "${feature}", which wgpu does not offer here`;
      }),
    ],
    problems: [
      ...outcome.failures,
      ...(compiled <= 0 || pipelines < compiled
        ? [`${pipelines} pipelines of ${compiled} kernels were compiled; every kernel has one at least`]
        : []),
    ],
  };
}

export const judge = { training, operations, kernels };
