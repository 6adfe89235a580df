/** Checkpoints on disk, and what is said of them. */
import { statSync } from 'node:fs';
import { quote } from '../../base/quote.ts';
import { type CheckpointFormat, countOf, type OpenCheckpoint } from '../../checkpoint/index.ts';
import { nodeFileSource } from '../../data/node.ts';
import { CommandError } from './errors.ts';
import { plural, type Row, showBytes, showCount } from './text.ts';

const FORMATS: Readonly<Record<CheckpointFormat, string>> = {
  safetensors: 'safetensors',
  'torch-zip': 'PyTorch (zip)',
  'torch-legacy': 'PyTorch (before 1.6)',
};

/** All that is read of it is of one file: a run replaces its checkpoint while others look at it. */
export async function openFile(path: string): ReturnType<typeof nodeFileSource> {
  try {
    if (statSync(path).isDirectory())
      throw new CommandError(`"${path}" is a folder; name a checkpoint in it.`);
    return await nodeFileSource(path, { steady: true });
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : message;
    throw new CommandError(`"${path}" cannot be read (${why}); check the name.`, { cause: error });
  }
}

export function describeCheckpoint(path: string, checkpoint: OpenCheckpoint, sha256: string): Row[] {
  const { format, tensors, path: place, ignored } = checkpoint;
  const values = tensors.reduce((sum, { shape }) => sum + countOf(shape), 0);
  const size = statSync(path).size;
  return [
    ['file', path],
    ['format', `${FORMATS[format]}, ${showBytes(size)}`],
    ['sha256', sha256],
    ['tensors', `${plural(tensors.length, 'tensor')} of ${plural(values, 'value')}`],
    ...(place.length > 0 ? [['found under', quote(place.join('.'))] as const] : []),
    ...(ignored.length > 0
      ? [['passed over', `${showCount(ignored.length)}: ${ignored.map(quote).join(', ')}`] as const]
      : []),
  ];
}
