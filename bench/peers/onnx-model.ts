/**
 * Writes ONNX models (protocol buffers) of a few operators, for onnxruntime. Field numbers are those of the public schema,
 * `onnx/onnx.proto`.
 */

/** An attribute's value: integers, lists of integers, floats (`{ float }`) or text. */
export type Attribute = number | readonly number[] | { readonly float: number } | string;

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** `com.microsoft` for onnxruntime's own operators. */
  readonly domain?: string;
}

/** A value that is part of the model: axes, shapes and the like (int64), or scalars (float). */
export interface Constant {
  readonly shape: readonly number[];
  readonly ints?: readonly number[];
  readonly floats?: readonly number[];
}

export interface GraphInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: 'float32' | 'int32';
}

export interface Graph {
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly string[];
  readonly nodes: readonly Node[];
  readonly constants: Readonly<Record<string, Constant>>;
}

const FLOAT = 1;
const INT32 = 6;
const INT64 = 7;

class Message {
  readonly #bytes: number[] = [];

  int(field: number, value: number | bigint): this {
    this.#varint(BigInt(field) << 3n);
    return this.#varint(BigInt.asUintN(64, BigInt(value)));
  }

  float(field: number, value: number): this {
    this.#varint((BigInt(field) << 3n) | 5n);
    this.#bytes.push(...new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  text(field: number, value: string): this {
    return this.#block(field, new TextEncoder().encode(value));
  }

  floats(field: number, values: readonly number[]): this {
    return this.#block(field, new Uint8Array(Float32Array.from(values).buffer));
  }

  message(field: number, value: Message): this {
    return this.#block(field, value.bytes());
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #block(field: number, bytes: Uint8Array): this {
    this.#varint((BigInt(field) << 3n) | 2n);
    this.#varint(BigInt(bytes.length));
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  #varint(value: bigint): this {
    let rest = value;
    while (rest > 127n) {
      this.#bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.#bytes.push(Number(rest));
    return this;
  }
}

function attributeOf(name: string, value: Attribute): Message {
  const message = new Message().text(1, name);
  if (typeof value === 'number') return message.int(3, value).int(20, 2);
  if (typeof value === 'string') return message.text(4, value).int(20, 3);
  if ('float' in value) return message.float(2, value.float).int(20, 1);
  for (const one of value) message.int(8, one);
  return message.int(20, 7);
}

function nodeOf({ op, inputs, outputs, attributes = {}, domain }: Node): Message {
  const message = new Message();
  for (const name of inputs) message.text(1, name);
  for (const name of outputs) message.text(2, name);
  message.text(4, op);
  for (const [name, value] of Object.entries(attributes)) message.message(5, attributeOf(name, value));
  return domain === undefined ? message : message.text(7, domain);
}

function constantOf(name: string, { shape, ints, floats }: Constant): Message {
  const message = new Message();
  for (const extent of shape) message.int(1, extent);
  message.int(2, floats ? FLOAT : INT64);
  if (floats) message.floats(4, floats);
  for (const value of ints ?? []) message.int(7, value);
  return message.text(8, name);
}

function valueInfo(name: string, type: number, shape?: readonly number[]): Message {
  const tensor = new Message().int(1, type);
  if (shape) {
    const dims = new Message();
    for (const extent of shape) dims.message(1, new Message().int(1, extent));
    tensor.message(2, dims);
  }
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}

/** The bytes of a model, as `InferenceSession.create` takes them. Outputs are float32. */
export function onnxModel({ inputs, outputs, nodes, constants }: Graph): Uint8Array {
  const graph = new Message();
  for (const node of nodes) graph.message(1, nodeOf(node));
  graph.text(2, 'case');
  for (const [name, constant] of Object.entries(constants)) graph.message(5, constantOf(name, constant));
  for (const { name, shape, type } of inputs) {
    graph.message(11, valueInfo(name, type === 'int32' ? INT32 : FLOAT, shape));
  }
  for (const name of outputs) graph.message(12, valueInfo(name, FLOAT));
  const opset = (domain: string, version: number) => new Message().text(1, domain).int(2, version);
  return new Message()
    .int(1, 10)
    .message(7, graph)
    .message(8, opset('', 20))
    .message(8, opset('com.microsoft', 1))
    .bytes();
}
