import { checkOptions, GradientError, ShapeError } from '../errors.ts';
import type { Recorder } from '../gpu/recorder.ts';
import { accumulate, addTensors, fill } from '../kernels/elementwise.ts';
import { sumTo } from '../kernels/reduce.ts';
import { sameShape, showShape } from '../shape.ts';
import {
  type CheckpointNode,
  emptyTensor,
  type GradientSlot,
  type Node,
  type OpNode,
  Parameter,
  requireOwn,
  requireTensor,
  type Tensor,
} from '../tensor.ts';

let operations = 0;

export function nextOrder(): number {
  return operations++;
}

/** The nodes that led to `root`, latest first; not those that led to `ends`. */
export function reachableNodes(root: Node, ends: ReadonlySet<Tensor> = new Set()): Node[] {
  const found = new Set<Node>([root]);
  for (const node of found) {
    for (const input of node.inputs) {
      if (input.requiresGrad && input.node && !ends.has(input)) found.add(input.node);
    }
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
  requireTensor('backward', 'what is differentiated', output);
  checkOptions('backward', options, ['seed', 'accumulate']);
  const { recorder } = output;
  if (!output.requiresGrad) {
    throw new GradientError(`backward: nothing that led to ${output} requires a gradient.`);
  }
  const { tracking } = recorder.body;
  recorder.body.tracking = false;
  try {
    const walk = new Walk(recorder, options.accumulate ?? false);
    walk.gradients.set(output, seedOf(output, options.seed));
    if (output.node) walk.through(output.node);
    return walk.gradients;
  } finally {
    recorder.body.tracking = tracking;
  }
}

/** One backward pass: which gradients it has so far, and which parameters have got theirs. */
class Walk {
  readonly gradients = new Map<Tensor, Tensor>();
  readonly #recorder: Recorder;
  readonly #accumulate: boolean;
  readonly #written = new Set<Parameter>();

  constructor(recorder: Recorder, accumulate: boolean) {
    this.#recorder = recorder;
    this.#accumulate = accumulate;
  }

  /** Takes the gradient of what `root` made back to the leaves, or to `ends`. */
  through(root: Node, ends?: ReadonlySet<Tensor>): void {
    for (const node of reachableNodes(root, ends)) {
      const grad = this.gradients.get(node.output);
      if (!grad) continue;
      this.gradients.delete(node.output);
      if ('recompute' in node) this.#again(node, grad);
      else this.#back(node, grad);
    }
  }

  /**
   * Does a checkpoint's operations again, now keeping what they make, and walks back through them. Its inputs are the
   * same tensors as before, so that gradients are added in the order in which they are without a checkpoint.
   */
  #again(node: CheckpointNode, grad: Tensor): void {
    const recorder = this.#recorder;
    using scope = recorder.openScope();
    try {
      recorder.body.tracking = true;
      const output = node.recompute();
      recorder.body.tracking = false;
      this.gradients.set(output, grad);
      if (output.node) this.through(output.node, new Set(node.inputs));
      for (const { storage } of this.gradients.values()) scope.keep(storage);
    } finally {
      recorder.body.tracking = false;
    }
  }

  #back(node: OpNode, grad: Tensor): void {
    const recorder = this.#recorder;
    const needsGrad = node.inputs.map((input) => input.requiresGrad);
    const gradientSlot: GradientSlot = (index, { zeroed = false } = {}) => {
      const input = node.inputs[index] as Tensor;
      // One slot cannot take two contributions: an op that reads a parameter twice gets new tensors, which are added.
      const once = node.inputs.indexOf(input) === node.inputs.lastIndexOf(input);
      const direct = input instanceof Parameter && once && !this.#accumulate && !this.#written.has(input);
      const target = direct ? input.grad : emptyTensor(recorder, input, `gradient of ${node.op}`);
      if (zeroed) recorder.clear(target.storage);
      return target;
    };
    const accumulated = (index: number): Tensor | null => {
      const input = node.inputs[index] as Tensor;
      const earlier = this.gradients.get(input) ?? null;
      this.gradients.delete(input);
      return earlier;
    };
    const results = node.run(grad, needsGrad, gradientSlot, accumulated);
    for (const [index, input] of node.inputs.entries()) {
      const result = results[index];
      if (!needsGrad[index] || !result) continue;
      this.#contribute(node, input, result);
    }
  }

  #contribute(node: Node, input: Tensor, result: Tensor): void {
    const summed = sameShape(result.shape, input.shape) ? result : sumTo(result, input, node.op);
    if (input instanceof Parameter) {
      if (summed.storage === input.grad.storage) this.#written.add(input);
      else if (this.#written.has(input) || this.#accumulate) accumulate(input.grad, summed);
      else {
        this.#written.add(input);
        this.#recorder.copy(summed.storage, input.grad.storage, summed.bytes);
      }
      return;
    }
    const earlier = this.gradients.get(input);
    // Out of place: `earlier` may be another op's gradient too (addition hands the same tensor to both sides).
    this.gradients.set(input, earlier ? addTensors(earlier, summed) : summed);
  }
}

function seedOf(output: Tensor, seed: Tensor | undefined): Tensor {
  if (seed !== undefined) {
    requireTensor('backward', 'the seed', seed);
    requireOwn('backward', 'the seed', seed, output.recorder);
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
