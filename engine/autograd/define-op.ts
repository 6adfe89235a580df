import { describeValue } from '../../base/describe-value.ts';
import type { FloatType } from '../dtype.ts';
import { DTypeError, EngineError, GradientError, ShapeError } from '../errors.ts';
import type { Recorder } from '../gpu/recorder.ts';
import {
  type DType,
  emptyTensor,
  type GradientSlot,
  requireTensor,
  Tensor,
  type TensorSpec,
  weightAs,
} from '../tensor.ts';
import { nextOrder } from './tape.ts';

/**
 * An element type, or `stored`: f32 or f16, the same for all inputs of a call that are. A `weight` is of that type too,
 * or a parameter that keeps a copy which is (see `weightAs`).
 */
export type InputType = DType | 'stored' | 'weight';

/** The element type of each input; or one type, of any number of inputs; or a list that depends on the attributes. */
export type InputTypes = readonly InputType[] | InputType | ((attributes: never) => readonly InputType[]);

/** One value for each input that is declared: what an operation sees of its inputs is typed by their declaration. */
export type PerInput<Inputs extends InputTypes, Value> = Inputs extends (attributes: never) => infer Listed
  ? { readonly [Index in keyof Listed]: Value }
  : Inputs extends readonly InputType[]
    ? { readonly [Index in keyof Inputs]: Value }
    : readonly [Value, ...Value[]];

/** The list for an operation of any number of inputs, which may be empty for all that its type says. */
type AnyNumber<Inputs extends InputTypes, Value> = Inputs extends InputType ? readonly Value[] : never;

export interface ForwardContext<Inputs extends InputTypes, Attributes> {
  readonly recorder: Recorder;
  readonly inputs: PerInput<Inputs, Tensor>;
  readonly attributes: Attributes;
  /** To be written whole. */
  readonly output: Tensor;
  /** A tensor of undefined content for what the backward pass needs, or for scratch. */
  empty(spec: { shape: readonly number[]; dtype?: DType }): Tensor;
}

/** What an operation's backward pass is given. */
export interface BackwardContext<Inputs extends InputTypes, Attributes, Saved> {
  readonly inputs: PerInput<Inputs, Tensor>;
  readonly output: Tensor;
  /** What forward returned. */
  readonly saved: Saved;
  readonly attributes: Attributes;
  /** Gradient of the loss by the output, of the output's shape. Not to be written to. */
  readonly grad: Tensor;
  /** Which inputs require a gradient. */
  readonly needsGrad: PerInput<Inputs, boolean>;
  /**
   * Where the gradient of input `index` belongs: the parameter's own slot when this is its first contribution,
   * else a new tensor. All of it must be written. `zeroed` gives it filled with zeros, for ops that write a part.
   */
  readonly gradientSlot: GradientSlot;
  /**
   * The gradient of input `index` so far, from the operations that read it later; null where there is none. An op that
   * takes it must add it to the gradient that it returns, in the input's own shape: that saves the tape a sum.
   */
  readonly accumulated: (index: number) => Tensor | null;
}

/** Gradients by input. One may have the op's output shape where the input was broadcast; the tape sums it. */
export type Backward<Inputs extends InputTypes, Attributes, Saved> = (
  context: BackwardContext<Inputs, Attributes, Saved>,
) => PerInput<Inputs, Tensor | null> | AnyNumber<Inputs, Tensor | null>;

/**
 * Everything about one operation, in one place. Types are inferred in this order: the inputs from `inputs`, the attributes
 * from the second parameter of `shape` (null where that is left out), what is saved from what `forward` returns.
 */
export interface OpSpec<Inputs extends InputTypes, Attributes, Saved> {
  readonly name: string;
  readonly inputs: Inputs;
  /** Shape and type of the output. Throws ShapeError on inputs that do not fit, before anything is recorded. */
  shape(inputs: PerInput<Inputs, TensorSpec>, attributes: Attributes): TensorSpec;
  /** Records the kernels that write `output`; returns what the backward pass is to keep besides the inputs. */
  forward(context: ForwardContext<Inputs, Attributes>): Saved;
  /** Records the kernels of the gradients, or says that there is none. */
  readonly backward: Backward<Inputs, Attributes, Saved> | 'nondifferentiable';
  /** The output is the first input's storage seen differently: nothing is written. */
  readonly view?: boolean;
}

/** Attributes that depend on the inputs are given as a function of them, called once they are known to be tensors. */
export type Op<Inputs extends InputTypes, Attributes> = (
  inputs: PerInput<Inputs, Tensor> | AnyNumber<Inputs, Tensor>,
  attributes: Attributes | ((inputs: PerInput<Inputs, Tensor>) => Attributes),
) => Tensor;

/** An operation as the registry has it, for whoever knows its inputs and attributes from elsewhere. */
export interface RegisteredOp {
  (inputs: readonly Tensor[], attributes: unknown): Tensor;
  readonly spec: {
    readonly inputs: InputTypes;
    shape(inputs: readonly TensorSpec[], attributes: unknown): TensorSpec;
    readonly backward: unknown;
  };
}

const registry = new Map<string, RegisteredOp>();

/** Every operation defined so far, by name. */
export function registeredOps(): ReadonlyMap<string, RegisteredOp> {
  return registry;
}

/**
 * Defines an operation. The result is called with the input tensors and the attributes; it checks them, records
 * the kernels, and leaves a node for the backward pass when an input requires a gradient.
 */
export function defineOp<const Inputs extends InputTypes, Attributes = null, Saved = void>(
  spec: OpSpec<Inputs, Attributes, Saved>,
): Op<Inputs, Attributes> {
  if (registry.has(spec.name)) throw new EngineError(`The operation "${spec.name}" is defined twice.`);
  const run = (
    given: readonly Tensor[],
    attributesOf: Attributes | ((inputs: PerInput<Inputs, Tensor>) => Attributes),
  ): Tensor => {
    requireTensors(spec.name, given);
    // Checked below: as many as the operation declares.
    const inputs = given as PerInput<Inputs, Tensor> & readonly [Tensor, ...Tensor[]];
    const attributes =
      typeof attributesOf === 'function'
        ? (attributesOf as (inputs: PerInput<Inputs, Tensor>) => Attributes)(inputs)
        : attributesOf;
    const recorder = checkInputs(spec, inputs, attributes);
    const outputSpec = spec.shape(inputs as PerInput<Inputs, TensorSpec>, attributes);
    const output = spec.view
      ? new Tensor(recorder, outputSpec, inputs[0].storage)
      : emptyTensor(recorder, outputSpec, spec.name);
    const empty: ForwardContext<Inputs, Attributes>['empty'] = ({ shape, dtype = 'f32' }) =>
      emptyTensor(recorder, { shape, dtype }, spec.name);
    const saved = spec.forward({ recorder, inputs, attributes, output, empty });
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
      run: (grad, needsGrad, gradientSlot, accumulated) =>
        backward({
          inputs,
          output,
          saved,
          attributes,
          grad,
          needsGrad: needsGrad as PerInput<Inputs, boolean>,
          gradientSlot,
          accumulated,
        }),
    };
    return output;
  };
  const op = Object.assign(run, { spec });
  registry.set(spec.name, op as unknown as RegisteredOp);
  return op as unknown as Op<Inputs, Attributes>;
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

function checkInputs(
  { name, inputs: declared }: { readonly name: string; readonly inputs: InputTypes },
  inputs: readonly [Tensor, ...Tensor[]],
  attributes: unknown,
): Recorder {
  const [first] = inputs;
  const types = typesOf(declared, inputs.length, attributes);
  if (types.length !== inputs.length) {
    throw new ShapeError(`${name}: the number of tensors is ${inputs.length}; it must be ${types.length}.`);
  }
  const stored = inputs.find((_, index) => types[index] === 'stored')?.dtype;
  // What is u32 where values belong is refused as not being f32.
  const values: FloatType = stored === 'f16' ? 'f16' : 'f32';
  for (const [index, input] of inputs.entries()) {
    const type = types[index] as InputType;
    if (type === 'weight') weightAs(input, values);
    else if (input.dtype !== (type === 'stored' ? values : type)) {
      const wanted = type === 'stored' ? `${values}, as the inputs before it` : type;
      throw new DTypeError(`${name}: input ${index} is ${input}; it must be ${wanted}.`);
    }
    if (input.recorder !== first.recorder) {
      throw new EngineError(`${name}: input ${index} belongs to another engine than input 0.`);
    }
  }
  return first.recorder;
}

/** What an operation declares of each of its inputs, of which there are `count` where it takes any number. */
export function typesOf(declared: InputTypes, count: number, attributes: unknown): readonly InputType[] {
  if (typeof declared === 'function') return declared(attributes as never);
  return typeof declared === 'string' ? new Array<InputType>(count).fill(declared) : declared;
}
