import { describeValue } from '../../base/describe-value.ts';
import { DTypeError, EngineError, GradientError } from '../errors.ts';
import { type Node, Parameter, requireTensor, Tensor } from '../tensor.ts';
import { nextOrder, reachableNodes } from './tape.ts';

/**
 * `work(...inputs)` without keeping what it makes on the way: the backward pass does it once more. That is about a
 * third more arithmetic for the memory of the intermediate results; values and gradients have the same bits.
 *
 * `work` runs twice, so it must do the same both times, and every tensor that it uses and that gradients are to flow
 * through must be among `inputs`; parameters may be used freely. Checkpoints may be nested.
 * @throws GradientError when `work` uses a tensor made elsewhere that requires a gradient.
 */
export function checkpoint(work: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): Tensor {
  if (typeof work !== 'function') {
    throw new DTypeError(
      `checkpoint: the work is ${describeValue(work)}; it must be a function from the inputs to a tensor.`,
    );
  }
  if (!Array.isArray(inputs) || inputs.length === 0) {
    throw new EngineError('checkpoint: the list of inputs is empty; pass every tensor that the work uses.');
  }
  for (const [index, input] of inputs.entries()) requireTensor('checkpoint', `input ${index}`, input);
  const { recorder } = inputs[0] as Tensor;
  const made = () => {
    const output: unknown = work(...inputs);
    requireTensor('checkpoint', 'what the work returns', output);
    return output;
  };
  if (!recorder.body.tracking) return made();
  const began = nextOrder();
  using scope = recorder.openScope();
  // Tracked, to see whether a gradient is wanted; the nodes are then forgotten.
  const first = made();
  scope.keep(first.storage);
  if (!first.node || inputs.includes(first)) return first;
  requireOwn(first.node, inputs, began);
  const output = new Tensor(recorder, first, first.storage, true);
  const recompute = made;
  output.node = { op: 'checkpoint', order: nextOrder(), inputs, output, recompute };
  return output;
}

/** A tensor from outside would get its gradient while other gradients of it are still to come. */
function requireOwn(root: Node, inputs: readonly Tensor[], began: number): void {
  const given = new Set(inputs);
  for (const { op, inputs: used } of reachableNodes(root, given)) {
    for (const tensor of used) {
      if (!tensor.requiresGrad || tensor instanceof Parameter || given.has(tensor)) continue;
      if (tensor.node && tensor.node.order > began) continue;
      throw new GradientError(
        `checkpoint: ${op} uses ${tensor}, which requires a gradient and was made outside; pass it as an input.`,
      );
    }
  }
}
