import { GradientError, ShapeError } from './errors.ts';
import { accumulate, addTensors, fill } from './kernels/elementwise.ts';
import { sumTo } from './kernels/reduce.ts';
import { sameShape, showShape } from './shape.ts';
import { emptyTensor, type Node, Parameter, type PlaceGradient, type Tensor } from './tensor.ts';

/** What an operation's backward pass is given. */
export interface BackwardContext<Attributes> {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  /** What forward kept. */
  readonly saved: readonly Tensor[];
  readonly attributes: Attributes;
  /** Gradient of the loss by the output, of the output's shape. Not to be written to. */
  readonly grad: Tensor;
  /** Which inputs want a gradient. */
  readonly wants: readonly boolean[];
  /**
   * Where the gradient of input `index` belongs: the parameter's own slot when this is its first contribution,
   * else a new tensor. All of it must be written. `zeroed` gives it filled with zeros, for ops that write a part.
   */
  readonly place: PlaceGradient;
  /**
   * The gradient of input `index` so far, from the operations that read it later; null where there is none. An op that
   * takes it must add it to the gradient that it returns, in the input's own shape: that saves the tape a sum.
   */
  readonly carried: (index: number) => Tensor | null;
}

/** Gradients by input. One may have the op's output shape where the input was broadcast; the tape sums it. */
export type Backward<Attributes> = (context: BackwardContext<Attributes>) => readonly (Tensor | null)[];

let operations = 0;

export function nextOrder(): number {
  return operations++;
}

function reachableNodes(root: Node): Node[] {
  const found = new Set<Node>([root]);
  for (const node of found) {
    for (const input of node.inputs) if (input.requiresGrad && input.node) found.add(input.node);
  }
  return [...found].sort((a, b) => b.order - a.order);
}

export interface BackwardOptions {
  /** Gradient of what is differentiated by `output`; 1 for a scalar loss. */
  readonly seed?: Tensor;
  /** Add to the parameters' gradients instead of replacing them (gradient accumulation). */
  readonly accumulate?: boolean;
}

/**
 * Reverse walk from `output`. Parameters get their gradient in place; the gradients of the other leaves that
 * require one come back in a map. Parameters that are not reached keep what their slot holds: clear it first.
 */
export function backward(output: Tensor, options: BackwardOptions = {}): Map<Tensor, Tensor> {
  const { recorder } = output;
  if (!output.requiresGrad) {
    throw new GradientError(`backward: nothing that led to ${output} requires a gradient.`);
  }
  const gradients = new Map<Tensor, Tensor>();
  const written = new Set<Parameter>();
  const tracking = recorder.tracking;
  recorder.tracking = false;
  try {
    gradients.set(output, seedOf(output, options.seed));
    for (const node of output.node ? reachableNodes(output.node) : []) {
      const grad = gradients.get(node.output);
      if (!grad) continue;
      gradients.delete(node.output);
      const wants = node.inputs.map((input) => input.requiresGrad);
      const place: PlaceGradient = (index, { zeroed = false } = {}) => {
        const input = node.inputs[index] as Tensor;
        // One slot cannot take two contributions: an op that reads a parameter twice gets new tensors, which are added.
        const once = node.inputs.indexOf(input) === node.inputs.lastIndexOf(input);
        const direct = input instanceof Parameter && once && !options.accumulate && !written.has(input);
        const target = direct ? input.grad : emptyTensor(recorder, input, `gradient of ${node.op}`);
        if (zeroed) recorder.clear(target.storage);
        return target;
      };
      const carried = (index: number): Tensor | null => {
        const input = node.inputs[index] as Tensor;
        const earlier = gradients.get(input) ?? null;
        gradients.delete(input);
        return earlier;
      };
      const results = node.run(grad, wants, place, carried);
      for (const [index, input] of node.inputs.entries()) {
        const result = results[index];
        if (!wants[index] || !result) continue;
        contribute(node, input, result);
      }
    }
  } finally {
    recorder.tracking = tracking;
  }
  return gradients;

  function contribute(node: Node, input: Tensor, result: Tensor): void {
    const summed = sameShape(result.shape, input.shape) ? result : sumTo(result, input.shape, node.op);
    if (input instanceof Parameter) {
      if (summed.storage === input.grad.storage) written.add(input);
      else if (written.has(input) || options.accumulate) accumulate(input.grad, summed);
      else {
        written.add(input);
        recorder.copy(summed.storage, input.grad.storage, summed.bytes);
      }
      return;
    }
    const earlier = gradients.get(input);
    if (!earlier) gradients.set(input, summed);
    else {
      // Out of place: `earlier` may be another op's gradient too (addition hands the same tensor to both sides).
      gradients.set(input, addTensors(earlier, summed));
    }
  }
}

function seedOf(output: Tensor, seed: Tensor | undefined): Tensor {
  if (seed) {
    if (!sameShape(seed.shape, output.shape) || seed.dtype !== output.dtype) {
      throw new ShapeError(
        `backward: the seed is ${seed} and the output ${output}; their shapes and element types must agree.`,
      );
    }
    return seed;
  }
  if (output.size !== 1) {
    throw new ShapeError(
      `backward: ${showShape(output.shape)} is not a scalar; reduce it to a loss, or give a seed.`,
    );
  }
  const one = emptyTensor(output.recorder, output, 'seed');
  fill(one, 1);
  return one;
}
