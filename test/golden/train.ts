import type { Engine } from '../../engine/index.ts';
import { type NamedTensors, Pretrainer } from '../../model/index.ts';
import { sizeOf } from '../support/ndarray.ts';
import type { CaseReport, Samples } from './compare.ts';
import { type GoldenFile, type Truth, truthOf } from './golden-file.ts';
import { takeCorner } from './layout.ts';
import { conditioningOf, configOf, stateOf, wholeTables } from './model-runs.ts';

/** Everything that one training trace needs. */
export interface Trace {
  readonly file: GoldenFile;
  readonly batches: GoldenFile;
  readonly initial: GoldenFile;
  /** Norms and samples of the final weights. */
  readonly final: Readonly<Record<string, Samples>> | undefined;
}

const SCHEDULES: Readonly<Record<string, 'constant' | 'warmup-cosine'>> = {
  const: 'constant',
  warmup_cosine: 'warmup-cosine',
};

/** What a trace is called by, and the stem of what it shares with others: `p100` of `p100_paper_const`. */
export function traceOf({ name, metadata }: GoldenFile): {
  variant: string;
  schedule: string;
  shared: string;
} {
  const { variant, schedule } = metadata;
  const stem = name.replace(/^train\//, '').replace(/\.safetensors$/, '');
  const end = `_${variant}_${schedule}`;
  if (!variant || !schedule || !stem.endsWith(end))
    throw new Error(`${name}: its metadata ${JSON.stringify(metadata)} do not say which run it is.`);
  return { variant, schedule, shared: stem.slice(0, -end.length) };
}

/** Trains as the trace did and compares every step and the weights at the end. */
export async function runTrace(engine: Engine, trace: Trace, report: CaseReport): Promise<void> {
  const { file, batches, initial } = trace;
  const trainer = trainerOf(engine, file);
  const start = stateOf(initial.tensors);
  const { encoder, decoder } = trainer.model;
  trainer.load({
    encoder: wholeTables(start.encoder, encoder.shapes),
    decoder: wholeTables(start.decoder, decoder.shapes),
    step: 0,
  });
  const steps = truthOf(file, 'loss').data.length;
  const [, ...shape] = truthOf(batches, 'x').shape as [number, number, number, number];
  const x = Float32Array.from(truthOf(batches, 'x').data);
  const seen = { loss: [] as number[], grad_norm: [] as number[], lr: [] as number[] };
  for (let step = 0; step < steps; step++) {
    const signal = x.slice(step * sizeOf(shape), (step + 1) * sizeOf(shape));
    const { learningRate, result } = await trainer.train([{ signal, shape }]);
    const { loss, gradNorm } = await result;
    seen.loss.push(loss);
    seen.grad_norm.push(gradNorm);
    seen.lr.push(learningRate);
  }
  report.series('loss', 'loss', seen.loss, truthOf(file, 'loss'));
  report.series('gradients', 'grad_norm', seen.grad_norm, truthOf(file, 'grad_norm'));
  report.series('outputs', 'lr', seen.lr, truthOf(file, 'lr'));
  const end = await trainer.state();
  for (const module of ['encoder', 'decoder'] as const)
    for (const [name, tensor] of end[module]) compareWeight(trace, `${module}.${name}`, tensor, report);
  trainer.model.arenas.dispose();
}

function trainerOf(engine: Engine, file: GoldenFile): Pretrainer {
  const { variant, schedule } = traceOf(file);
  const kind = SCHEDULES[schedule];
  if (!kind) throw new Error(`${file.name}: a schedule "${schedule}"; known are ${Object.keys(SCHEDULES)}.`);
  const number = (key: string) => Number(file.metadata[key]);
  return Pretrainer.create(engine, {
    config: configOf(file),
    conditioning: conditioningOf(variant),
    seed: 1,
    // A trace may be cut short; its schedule is that of the whole run.
    steps: number('steps'),
    learningRate: number('peak_lr'),
    schedule: kind,
    weightDecay: number('weight_decay'),
    clip: number('max_norm'),
    accumulation: 1,
  });
}

type HostTensor = NamedTensors extends ReadonlyMap<string, infer T> ? T : never;

function compareWeight({ file, initial, final }: Trace, name: string, ours: HostTensor, report: CaseReport) {
  if (isSteeredByNoise(name, initial)) return;
  const before = truthOf(initial, name);
  const { data: after } = takeCorner(ours.data, ours.shape, before.shape);
  const update = Float64Array.from(after, (value, i) => value - (before.data[i] as number));
  const whole = file.tensors.get(`final.${name}`);
  if (whole) {
    const change = {
      shape: before.shape,
      data: whole.data.map((value, i) => value - (before.data[i] as number)),
    };
    report.tensor('outputs', `final.${name}`, after, whole);
    report.tensor('gradients', `update.${name}`, update, change);
  }
  const samples = final?.[name];
  if (!samples) return;
  report.samples('outputs', `final.${name}`, after, samples);
  const change = samples.val.map((value, i) => value - (before.data[samples.idx[i] as number] as number));
  const largest = report.largestOf(`update.${name}`);
  if (largest) {
    const moved = samples.idx.map((at) => update[at] as number);
    report.elements('gradients', `update.${name}`, moved, change, largest);
  }
}

/**
 * With the position tables at zero all mask tokens are equal and the gradient of the decoder's attention to itself
 * is zero but for rounding, from which Adam makes full-sized steps: those weights are nobody's truth.
 */
function isSteeredByNoise(name: string, initial: GoldenFile): boolean {
  if (!/^decoder\.block\.\d+\.self_attn\.(wq|wk)\./.test(name)) return false;
  const table: Truth = truthOf(initial, 'decoder.pos_embed');
  return table.data.every((value) => value === 0);
}
