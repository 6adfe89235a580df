import { describeValue } from '../../base/describe-value.ts';
import type { FloatType } from '../dtype.ts';
import { DTypeError, EngineError, GradientError, ShapeError } from '../errors.ts';
import type { Recorder } from '../gpu/recorder.ts';
import { type DType, emptyTensor, requireTensor, Tensor, type TensorSpec, weightAs } from '../tensor.ts';
import { type Backward, nextOrder } from './tape.ts';

export interface ForwardContext<Attributes> {
  readonly recorder: Recorder;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  /** To be written whole. */
  readonly output: Tensor;
  /** A tensor of undefined content for what the backward pass needs, or for scratch. */
  empty(spec: { shape: readonly number[]; dtype?: DType }): Tensor;
}

/**
 * An element type, or `stored`: f32 or f16, the same for all inputs of a call that are. A `weight` is of that type too,
 * or a parameter that keeps a copy which is (see `weightAs`).
 */
export type InputType = DType | 'stored' | 'weight';

/** Everything about one operation, in one place. */
export interface OpSpec<Attributes> {
  readonly name: string;
  /** Element types of the inputs, or one of them all; f32 for those not named. */
  readonly dtypes?: readonly InputType[] | 'stored' | ((attributes: Attributes) => readonly InputType[]);
  /** Shape and type of the output. Throws ShapeError on inputs that do not fit, before anything is recorded. */
  shape(inputs: readonly TensorSpec[], attributes: Attributes): TensorSpec;
  /** Records the kernels that write `output`; returns what the backward pass is to keep besides the inputs. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most forwards keep nothing and return nothing.
  forward(context: ForwardContext<Attributes>): readonly Tensor[] | void;
  /** Records the kernels of the gradients, or says that there is none. */
  readonly backward: Backward<Attributes> | 'nondifferentiable';
  /** The output is the first input's storage seen differently: nothing is written. */
  readonly view?: boolean;
}

type AttributesOf<Attributes> = (inputs: readonly [Tensor, ...Tensor[]]) => Attributes;

export interface Op<Attributes> {
  readonly spec: OpSpec<Attributes>;
  /** Attributes that depend on the inputs are given as a function of them, called once they are known to be tensors. */
  (inputs: readonly Tensor[], attributes: Attributes | AttributesOf<Attributes>): Tensor;
}

const registry = new Map<string, Op<never>>();

/** Every operation defined so far, by name. */
export function registeredOps(): ReadonlyMap<string, Op<never>> {
  return registry;
}

/**
 * Defines an operation. The result is called with the input tensors and the attributes; it checks them, records
 * the kernels, and leaves a node for the backward pass when an input wants a gradient.
 */
export function defineOp<Attributes>(spec: OpSpec<Attributes>): Op<Attributes> {
  if (registry.has(spec.name)) throw new EngineError(`The operation "${spec.name}" is defined twice.`);
  const run: (...args: Parameters<Op<Attributes>>) => Tensor = (inputs, given) => {
    requireTensors(spec.name, inputs);
    const attributes = typeof given === 'function' ? (given as AttributesOf<Attributes>)(inputs) : given;
    const recorder = checkInputs(spec, inputs, attributes);
    const outputSpec = spec.shape(inputs, attributes);
    const output = spec.view
      ? new Tensor(recorder, outputSpec, (inputs[0] as Tensor).storage)
      : emptyTensor(recorder, outputSpec, spec.name);
    const empty: ForwardContext<Attributes>['empty'] = ({ shape, dtype = 'f32' }) =>
      emptyTensor(recorder, { shape, dtype }, spec.name);
    const saved = spec.forward({ recorder, inputs, attributes, output, empty }) ?? [];
    const { backward } = spec;
    if (!recorder.body.tracking || !inputs.some((input) => input.requiresGrad)) return output;
    if (backward === 'nondifferentiable') {
      throw new GradientError(
        `${spec.name} has no gradient, and an input of it requires one; call it inside noGrad, or on data.`,
      );
    }
    output.requiresGrad = true;
    output.node = {
      op: spec.name,
      order: nextOrder(),
      inputs,
      output,
      run: (grad, wants, place, carried) =>
        backward({ inputs, output, saved, attributes, grad, wants, place, carried }),
    };
    return output;
  };
  const op: Op<Attributes> = Object.assign(run, { spec });
  registry.set(spec.name, op as unknown as Op<never>);
  return op;
}

/** The one place that looks at what people pass as tensors. */
function requireTensors(
  op: string,
  inputs: readonly Tensor[],
): asserts inputs is readonly [Tensor, ...Tensor[]] {
  if (!Array.isArray(inputs)) {
    throw new DTypeError(`${op}: its tensors are ${describeValue(inputs)}; pass a list of tensors.`);
  }
  if (inputs.length === 0) throw new ShapeError(`${op}: the list of tensors is empty; pass at least one.`);
  // By index: a list with holes has no entries there.
  for (let index = 0; index < inputs.length; index++) requireTensor(op, `input ${index}`, inputs[index]);
}

function checkInputs<Attributes>(
  spec: OpSpec<Attributes>,
  inputs: readonly [Tensor, ...Tensor[]],
  attributes: Attributes,
): Recorder {
  const [first] = inputs;
  const stored = inputs.find((_, index) => inputType(spec, index, attributes) === 'stored')?.dtype;
  // What is u32 where values belong is refused as not being f32.
  const values: FloatType = stored === 'f16' ? 'f16' : 'f32';
  for (const [index, input] of inputs.entries()) {
    const declared = inputType(spec, index, attributes);
    if (declared === 'weight') weightAs(input, values);
    else if (input.dtype !== (declared === 'stored' ? values : declared)) {
      const wanted = declared === 'stored' ? `${values}, as the inputs before it` : declared;
      throw new DTypeError(`${spec.name}: input ${index} is ${input}; it must be ${wanted}.`);
    }
    if (input.recorder !== first.recorder) {
      throw new EngineError(`${spec.name}: input ${index} belongs to another engine than input 0.`);
    }
  }
  return first.recorder;
}

/** What an operation declares of an input. */
export function inputType<Attributes>(
  { dtypes }: Pick<OpSpec<Attributes>, 'dtypes'>,
  index: number,
  attributes: Attributes,
): InputType {
  const declared = typeof dtypes === 'function' ? dtypes(attributes) : dtypes;
  return (declared === 'stored' ? declared : declared?.[index]) ?? 'f32';
}
