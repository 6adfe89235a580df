/** Reads checkpoints of every kind, whatever they are called. */
import { memorySource, type RandomAccess, readExactly } from '../base/bytes.ts';
import { quote } from '../base/quote.ts';
import type { NamedTensors } from '../model/named-tensors.ts';
import { LARGEST_TENSOR } from './budget.ts';
import { BYTES_PER_ELEMENT, countOf, type StoredTensor } from './dtypes.ts';
import { type Refuse, refuser } from './errors.ts';
import { type FoundConfig, findConfig } from './find-config.ts';
import { openSafetensors } from './safetensors.ts';
import { readTorchArchive } from './torch/archive.ts';
import { readTorchLegacy } from './torch/legacy.ts';
import { findStateDict } from './torch/state-dict.ts';
import { float32Of, type ReadOptions, requireFloat } from './values.ts';

/** Bytes, or a source of them. */
export type CheckpointSource = Uint8Array | RandomAccess;

export type CheckpointFormat = 'safetensors' | 'torch-zip' | 'torch-legacy';

/** A file that was understood: its tensors are known, and read when asked for. */
export interface OpenCheckpoint {
  readonly format: CheckpointFormat;
  readonly tensors: readonly StoredTensor[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where in a training state the tensors were, e.g. `["model"]`. */
  readonly path: readonly string[];
  /** What stood among the tensors and is none. */
  readonly ignored: readonly string[];
}

export interface Checkpoint {
  readonly format: CheckpointFormat;
  readonly tensors: NamedTensors;
  readonly metadata: Readonly<Record<string, string>>;
  /** The model's sizes, as far as shapes tell. */
  readonly config: FoundConfig;
}

/**
 * The state dict of a `.safetensors`, `.pt` or `.pth` file as float32; the format is told from the bytes, and `name`
 * is for messages. Tensors may be views of a source in memory: do not write to them. Nothing in a file is ever run.
 * Throws a CheckpointError for whatever is not a whole and plain state dict.
 */
export async function readCheckpoint(
  source: CheckpointSource,
  name: string,
  options: ReadOptions = {},
): Promise<Checkpoint> {
  const { format, tensors: stored, metadata } = await openCheckpoint(source, name);
  const refuse = refuser(name);
  requireFloat(stored, options, refuse);
  const config = findConfig(stored);
  const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const tensor of stored) {
    tensors.set(tensor.name, { shape: tensor.shape, data: float32Of(tensor, await tensor.read(), refuse) });
  }
  return {
    format,
    tensors,
    metadata,
    config,
  };
}

/** The same with every tensor in its own type and not yet read: for a look, or to write them elsewhere. */
export function openCheckpoint(source: CheckpointSource, name: string): Promise<OpenCheckpoint> {
  return open(source, name, false);
}

/**
 * Names and shapes of the tensors alone, from a few small reads where the format lets: for a file that is far away. What
 * `openCheckpoint` checks of the storages is not checked, so nothing is to be loaded on the word of it.
 */
export async function peekTensors(
  source: RandomAccess,
  name: string,
): Promise<readonly Pick<StoredTensor, 'name' | 'shape'>[]> {
  return (await open(source, name, true)).tensors.map((tensor) => ({
    name: tensor.name,
    shape: tensor.shape,
  }));
}

async function open(source: CheckpointSource, name: string, peek: boolean): Promise<OpenCheckpoint> {
  const refuse = refuser(name);
  const file = randomAccess(source, name);
  const format = await formatOf(file, refuse);
  const found =
    format === 'safetensors'
      ? { ...(await openSafetensors(file, refuse)), path: [], ignored: [] }
      : await fromTorch(file, format, refuse, peek);
  for (const { name: tensor, dtype, shape, offset } of found.tensors) {
    const bytes = countOf(shape) * BYTES_PER_ELEMENT[dtype];
    if (bytes > LARGEST_TENSOR)
      refuse(
        'too-large',
        offset,
        `the tensor ${quote(tensor)} of shape [${shape.join(', ')}] has ${bytes} bytes, more than the ${LARGEST_TENSOR} that are read; no weight of the model is as large.`,
      );
  }
  return { format, ...found };
}

async function fromTorch(
  file: RandomAccess,
  format: Exclude<CheckpointFormat, 'safetensors'>,
  refuse: Refuse,
  peek: boolean,
): Promise<Omit<OpenCheckpoint, 'format'>> {
  const content = await (format === 'torch-zip'
    ? readTorchArchive(file, refuse, peek)
    : readTorchLegacy(file, refuse));
  return { ...findStateDict(content, refuse), metadata: content.metadata ?? {} };
}

export function randomAccess(source: CheckpointSource, name: string): RandomAccess {
  return source instanceof Uint8Array ? memorySource(name, source) : source;
}

const PICKLE = 0x80;
const BRACE = 0x7b;

async function formatOf(file: RandomAccess, refuse: Refuse): Promise<CheckpointFormat> {
  if (file.size === 0) return refuse('truncated', 0, 'the file is empty.');
  const head = await readExactly(file, 0, Math.min(16, file.size), 'the start', refuse);
  // Safetensors first: its length may by chance begin as the others do, but none of them has a brace there.
  if (head[8] === BRACE) return 'safetensors';
  if (head[0] === 0x50 && head[1] === 0x4b) return 'torch-zip';
  if (head[0] === PICKLE) return 'torch-legacy';
  return refuse(
    'not-a-checkpoint',
    0,
    'neither a safetensors file nor one of torch.save; give a .safetensors, .pt or .pth file.',
  );
}
