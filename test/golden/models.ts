import type { Engine } from '../../engine/index.ts';
import type { Precision } from '../../model/index.ts';
import { norm } from '../support/ndarray.ts';
import type { CaseReport, Samples } from './compare.ts';
import { type GoldenFile, type Truth, truthOf } from './golden-file.ts';
import { takeCorner } from './layout.ts';
import {
  conditioningOf,
  configOf,
  type GivenWeight,
  type ModelResult,
  modelWith,
  runModel,
} from './model-runs.ts';

/** Gradients of a variant by parameter; null where there is none. */
export type GradientSamples = Readonly<Record<string, Samples | null>>;

/** The variants that a file of a whole model has results of. */
export function variantsOf({ tensors }: GoldenFile): string[] {
  return [...tensors.keys()].flatMap((key) => /^(\w+)\.loss$/.exec(key)?.[1] ?? []);
}

/** One variant of one model on one input against everything that the file holds of it. */
export async function runVariant(
  engine: Engine,
  file: GoldenFile,
  weights: ReadonlyMap<string, GivenWeight>,
  variant: string,
  samples: GradientSamples | undefined,
  report: CaseReport,
  precision: Precision = 'f32',
): Promise<void> {
  const model = modelWith(engine, configOf(file), conditioningOf(variant), weights, precision);
  try {
    const result = await runModel(engine, model, truthOf(file, 'x'));
    await compareResult(file, variant, result, report);
    if (samples) compareSamples(samples, variant, result, report);
  } finally {
    model.arenas.dispose();
  }
}

async function compareResult(
  file: GoldenFile,
  variant: string,
  result: ModelResult,
  report: CaseReport,
): Promise<void> {
  for (const [key, truth] of file.tensors) {
    const own = key.startsWith(`${variant}.`) ? key.slice(variant.length + 1) : key;
    if (key === 'x' || (own === key && key.includes('.'))) continue;
    if (own.startsWith('grad.')) compareGradient(key, own.slice(5), truth, result, report);
    else await compareNamed(own, key, truth, result, report);
  }
}

async function compareNamed(
  own: string,
  key: string,
  truth: Truth,
  result: ModelResult,
  report: CaseReport,
): Promise<void> {
  const { target, tokens, reconstruction, loss, gradients } = result;
  if (own === 'x_norm') report.tensor('outputs', key, target, truth);
  else if (own === 'tokens') report.tensor('outputs', key, tokens, truth);
  else if (own === 'cls') report.tensor('outputs', key, firstTokens(tokens, truth.shape), truth);
  else if (own === 'x_pred') report.tensor('outputs', key, reconstruction, truth);
  else if (own === 'loss') report.series('loss', key, [loss], truth);
  else if (own === 'grad_tokens') report.tensor('gradients', key, await result.tokenGradient(), truth);
  else if (own === 'grad_norm') report.series('gradients', key, [globalNorm(gradients)], truth);
  else throw new Error(`${report.name}: nothing is known to compare ${key} with.`);
}

function compareGradient(key: string, name: string, truth: Truth, result: ModelResult, report: CaseReport) {
  const ours = result.gradients.get(name);
  if (!ours) throw new Error(`${report.name}: there is ${key}, but ${name} has no gradient here.`);
  const { data, restIsZero } = takeCorner(ours.data, ours.shape, truth.shape);
  report.tensor('gradients', key, data, truth);
  report.holds('gradients', `${key} beyond the corner`, restIsZero);
}

function compareSamples(samples: GradientSamples, variant: string, result: ModelResult, report: CaseReport) {
  for (const [name, truth] of Object.entries(samples)) {
    const ours = result.gradients.get(name);
    const key = `${variant}.grad.${name}`;
    if (truth === null) {
      report.holds('gradients', `${key} is none`, ours === undefined);
      continue;
    }
    if (!ours) throw new Error(`${report.name}: there are samples of ${key}, but it has no gradient here.`);
    const { data, restIsZero } = takeCorner(ours.data, ours.shape, truth.shape);
    report.samples('gradients', key, data, truth);
    report.holds('gradients', `${key} beyond the corner`, restIsZero);
  }
  for (const name of result.gradients.keys())
    if (!(name in samples))
      throw new Error(`${report.name}: nothing to compare the gradient of ${name} with.`);
}

/** `tokens[:, 0]` for a truth of shape [B, D]. */
export function firstTokens(tokens: Float32Array, [batch = 1, dim = 1]: readonly number[]): Float32Array {
  const stride = tokens.length / batch;
  const first = new Float32Array(batch * dim);
  for (let b = 0; b < batch; b++) first.set(tokens.subarray(b * stride, b * stride + dim), b * dim);
  return first;
}

function globalNorm(gradients: ModelResult['gradients']): number {
  return norm([...gradients.values()].map(({ data }) => norm(data)));
}
