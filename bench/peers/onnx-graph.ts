import { type Attribute, type Constant, type GraphInput, type Node, onnxModel } from './onnx-model.ts';

/** An ONNX graph under construction. Values are known by their names. */
export class OnnxGraph {
  readonly #nodes: Node[] = [];
  readonly #constants: Record<string, Constant> = {};
  #names = 0;

  /** Adds an operator with one result and gives the result's name. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain?: string,
  ): string {
    return this.nodes(op, inputs, 1, attributes, domain)[0] as string;
  }

  /** Adds an operator with `count` results. */
  nodes(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain?: string,
  ): string[] {
    const outputs = Array.from({ length: count }, () => this.#name());
    this.#nodes.push({ op, inputs, outputs, attributes, ...(domain !== undefined && { domain }) });
    return outputs;
  }

  /** A list of integers: axes, a shape, ends of ranges. */
  ints(ints: readonly number[]): string {
    return this.#constant({ shape: [ints.length], ints });
  }

  /** A scalar. */
  float(value: number): string {
    return this.#constant({ shape: [], floats: [value] });
  }

  /** The bytes of the model from `inputs` to `outputs`. */
  model(inputs: readonly GraphInput[], outputs: readonly string[]): Uint8Array {
    return onnxModel({ inputs, outputs, nodes: this.#nodes, constants: this.#constants });
  }

  #constant(constant: Constant): string {
    const name = this.#name();
    this.#constants[name] = constant;
    return name;
  }

  #name(): string {
    return `v${this.#names++}`;
  }
}
