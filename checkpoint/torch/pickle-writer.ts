/** The pickle (protocol 2) of an OrderedDict of contiguous tensors, each over a storage of its own. */
import { countOf, type DType, type StoredTensor } from '../dtypes.ts';

const STORAGE_NAMES: Readonly<Record<string, string>> = {
  F64: 'DoubleStorage',
  F32: 'FloatStorage',
  F16: 'HalfStorage',
  BF16: 'BFloat16Storage',
  I64: 'LongStorage',
  I32: 'IntStorage',
  I16: 'ShortStorage',
  I8: 'CharStorage',
  U8: 'ByteStorage',
  BOOL: 'BoolStorage',
} satisfies Partial<Record<DType, string>>;

const OP = {
  proto: 0x80,
  global: 0x63,
  emptyTuple: 0x29,
  reduce: 0x52,
  mark: 0x28,
  tuple: 0x74,
  text: 0x58,
  persistent: 0x51,
  false: 0x89,
  setItems: 0x75,
  stop: 0x2e,
  byte: 0x4b,
  int: 0x4a,
  long: 0x8a,
} as const;

/** Storages are named "0", "1", ... in the order of the tensors. */
export function pickleStateDict(
  tensors: readonly Pick<StoredTensor, 'name' | 'dtype' | 'shape'>[],
): Uint8Array {
  const bytes: number[] = [OP.proto, 2];
  const encoder = new TextEncoder();
  const append = (more: Iterable<number>) => {
    for (const byte of more) bytes.push(byte);
  };
  const global = (module: string, name: string) => {
    bytes.push(OP.global);
    append(encoder.encode(`${module}\n${name}\n`));
  };
  const text = (value: string) => {
    const utf8 = encoder.encode(value);
    bytes.push(OP.text);
    append(little(utf8.length, 4));
    append(utf8);
  };
  const integer = (value: number) => {
    if (value < 256) bytes.push(OP.byte, value);
    else if (value < 2 ** 31) bytes.push(OP.int, ...little(value, 4));
    else bytes.push(OP.long, 8, ...little(value, 8));
  };
  const integers = (values: readonly number[]) => {
    bytes.push(OP.mark);
    for (const value of values) integer(value);
    bytes.push(OP.tuple);
  };
  const orderedDict = () => {
    global('collections', 'OrderedDict');
    bytes.push(OP.emptyTuple, OP.reduce);
  };
  orderedDict();
  bytes.push(OP.mark);
  for (const [i, { name, dtype, shape }] of tensors.entries()) {
    text(name);
    global('torch._utils', '_rebuild_tensor_v2');
    bytes.push(OP.mark, OP.mark);
    text('storage');
    global('torch', STORAGE_NAMES[dtype] as string);
    text(String(i));
    text('cpu');
    integer(countOf(shape));
    bytes.push(OP.tuple, OP.persistent);
    integer(0);
    integers(shape);
    integers(stridesOf(shape));
    bytes.push(OP.false);
    orderedDict();
    bytes.push(OP.tuple, OP.reduce);
  }
  bytes.push(OP.setItems, OP.stop);
  return Uint8Array.from(bytes);
}

/** Of row-major order, as PyTorch counts them: axes of no extent count as one. */
function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, extent) => product * Math.max(1, extent), 1),
  );
}

function little(value: number, length: number): number[] {
  return Array.from({ length }, (_, i) => Math.floor(value / 256 ** i) % 256);
}
