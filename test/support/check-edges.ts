import type { RegisteredOp } from '../../engine/autograd/define-op.ts';
import type { FloatType } from '../../engine/dtype.ts';
import { backward, type Engine, registeredOps, type Tensor } from '../../engine/index.ts';
import { isStored, upload } from './check-op.ts';
import { type EdgeCase, flushed, narrow, requireEdges, withEdges } from './edge-values.ts';
import { type NdArray, randomArray } from './ndarray.ts';
import type { AnyReference } from './reference.ts';

/** Forward and every gradient of one case with edges in it, element by element. */
export async function checkEdges(
  engine: Engine,
  reference: AnyReference,
  given: EdgeCase,
  stored: FloatType = 'f32',
): Promise<void> {
  const op = registeredOps().get(reference.op) as RegisteredOp;
  const { edge, seed, inGradient } = given;
  const attributes = reference.storing?.(given.opCase.attributes, stored) ?? given.opCase.attributes;
  const { pointwise = false } = reference;
  const floor = (pointwise ? reference.nearZero : reference.floor) ?? 0;
  const values = given.opCase.inputs.flatMap((_, index) =>
    reference.integers?.includes(index) ? [] : [index],
  );
  const chosen = values[seed % values.length];
  const put = (array: NdArray, here: boolean): NdArray =>
    here ? withEdges(array, { ...given, seed: seed + 1 }, pointwise) : array;
  const store = ({ shape, data }: NdArray, index: number): NdArray => {
    const dtype = isStored(op, index, attributes) ? stored : 'f32';
    return { shape, data: reference.integers?.includes(index) ? data : narrow(data, dtype) };
  };
  const inputs = given.opCase.inputs.map((array, index) =>
    store(put(array, !inGradient && values.includes(index) && (pointwise || index === chosen)), index),
  );
  const variants = [inputs, inputs.map(flushed)];
  const expected = variants.map((each) => reference.forward(each, attributes));
  const [first] = expected as [NdArray];

  using _scope = engine.scope();
  const tensors = inputs.map((input, index) =>
    upload(engine, reference, input, index, isStored(op, index, attributes) ? stored : 'f32'),
  );
  const output = op(tensors, attributes);
  const outputType = output.dtype === 'f16' ? 'f16' : 'f32';
  const shapes = inputs.map(({ shape }) => `[${shape}]`).join(', ');
  const where = inGradient ? 'the gradient' : `input ${pointwise ? 'any' : chosen}`;
  const label = `${reference.op}(${shapes}; ${JSON.stringify(attributes)}; ${stored}) with ${edge} in ${where}`;
  const rounding = stored === 'f16' ? 4e-3 : 0;
  const allowed = { pointwise, floor, edge };
  const relative = (reference.tolerance?.forward ?? 1e-5) + rounding;
  const results = await engine.read(output);
  requireEdges(label, results, expected, {
    ...allowed,
    signed: pointwise,
    relative,
    stored: outputType,
  });
  if (!reference.backward) return;

  const grad = put(randomArray(first.shape, 77), inGradient);
  const gradRounded = { shape: grad.shape, data: narrow(grad.data, outputType) };
  const wanted = variants.map((each) =>
    reference.backward?.(each, attributes, each === inputs ? gradRounded : flushed(gradRounded)),
  );
  const gradients = backward(output, {
    seed: engine.tensor(Float32Array.from(gradRounded.data), grad.shape, { dtype: output.dtype }),
  });
  for (const [index, tensor] of tensors.entries()) {
    const each = wanted.map((list) => list?.[index]).filter((array) => array !== null && array !== undefined);
    if (each.length === 0) continue;
    const gradient = gradients.get(tensor as Tensor);
    if (!gradient) throw new Error(`${label}: gradient of input ${index} is missing`);
    const what = `${label}: gradient of input ${index}`;
    const type = gradient.dtype === 'f16' ? 'f16' : 'f32';
    const backwardRelative = (reference.tolerance?.backward ?? 1e-4) + 4 * rounding;
    requireEdges(what, await engine.read(gradient), each, {
      ...allowed,
      signed: false,
      ...(pointwise && gradRounded.data.length === tensor.size ? { factors: gradRounded.data } : {}),
      relative: backwardRelative,
      stored: type,
    });
  }
}
