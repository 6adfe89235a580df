import {
  AdamW,
  backward,
  type Engine,
  type RegisteredOp,
  registeredOps,
  type Tensor,
} from '../../engine/index.ts';
import type { KernelCase, Values } from '../contract.ts';
import { type AdamWAttributes, BETAS, EPS } from './adamw-reference.ts';
import { type EngineRunner, repeated } from './repeated.ts';

/** A case on our engine. */
export function ourRunner(
  engine: Engine,
  kernel: KernelCase,
  inputs: readonly Values[],
  seed: Values,
): Promise<EngineRunner> {
  return kernel.op === 'adamw'
    ? optimizerRunner(engine, kernel, inputs)
    : operationRunner(engine, kernel, inputs, seed);
}

function operationRunner(
  engine: Engine,
  { id, op, attributes, pass }: KernelCase,
  inputs: readonly Values[],
  seed: Values,
): Promise<EngineRunner> {
  const apply = registeredOps().get(op) as RegisteredOp;
  const tensors = inputs.map(({ data, shape }) =>
    engine.tensor(data, shape, { requiresGrad: pass === 'gradient' && data instanceof Float32Array }),
  );
  const seedTensor = engine.tensor(seed.data, seed.shape);
  const once = (): readonly Tensor[] => {
    const output = apply(tensors, attributes);
    if (pass === 'forward') return [output];
    const gradients = backward(output, { seed: seedTensor });
    return [output, ...tensors.flatMap((tensor) => gradients.get(tensor) ?? [])];
  };
  return repeated(engine, id, once, () => {
    for (const tensor of [...tensors, seedTensor]) tensor.dispose();
    engine.recorder.memory.dropFree();
  });
}

/** One arena as the optimiser of a model has it, cut into parameters that any device can bind. */
async function optimizerRunner(
  engine: Engine,
  { id, attributes }: KernelCase,
  [weights, gradients]: readonly Values[],
): Promise<EngineRunner> {
  const { learningRate, weightDecay, clip } = attributes as AdamWAttributes;
  if (!weights || !gradients) throw new Error(`${id}: adamw takes weights and gradients.`);
  const chunk = 2 ** 22;
  const count = weights.data.length;
  const starts = Array.from({ length: Math.ceil(count / chunk) }, (_, i) => i * chunk);
  const parameters = engine.parameters(
    starts.map((start) => ({ name: `${start}`, shape: [Math.min(chunk, count - start)], init: null })),
  );
  const optimizer = new AdamW(parameters, { betas: BETAS, eps: EPS, weightDecay, maxGradNorm: clip });
  // The optimiser's own, which it keeps as long as it lives.
  const means = new Set(
    [...parameters.parameters.values()].flatMap((parameter) =>
      Object.values(optimizer.stateOf(parameter)).map(({ storage }) => storage.gpuBuffer),
    ),
  );
  const hyperparameters = optimizer.hyperparameters(learningRate, 1);
  const hyperTensor = engine.tensor(hyperparameters.data, hyperparameters.shape);
  const fill = () => {
    for (const start of starts) {
      const parameter = parameters.get(`${start}`);
      const part = (all: Values) => (all.data as Float32Array).slice(start, start + parameter.size);
      engine.write(parameter, part(weights));
      engine.write(parameter.grad, part(gradients));
      for (const moment of Object.values(optimizer.stateOf(parameter))) engine.recorder.clear(moment.storage);
    }
  };
  fill();
  const runner = await repeated(
    engine,
    id,
    () => [optimizer.update(hyperTensor).gradNorm],
    () => {
      hyperTensor.dispose();
      parameters.dispose();
      for (const buffer of means) engine.recorder.memory.destroy(buffer);
    },
  );
  return {
    ...runner,
    /** The weights after the first update. */
    async results() {
      fill();
      await runner.run(1);
      const updated = new Float32Array(count);
      for (const start of starts) updated.set(await engine.read(parameters.get(`${start}`)), start);
      return [updated];
    },
  };
}
