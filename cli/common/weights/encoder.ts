import { partOf } from '../../../checkpoint/index.ts';
import { readHashedCheckpoint } from '../../../checkpoint/node.ts';
import { nodeFileSource } from '../../../data/node.ts';
import type { Compaction, NamedTensors, SpotrConfig } from '../../../model/index.ts';
import { CommandError } from '../errors.ts';
import { nearPaths } from '../text.ts';
import { bundledNames } from './bundled.ts';
import { checkPublished } from './published-check.ts';
import { bundledWord } from './reference.ts';
import { type ResolveOptions, resolveWeights, type WeightsFile } from './resolve.ts';
import { readTrainedOn, type TrainedOn } from './trained-on.ts';

export interface FoundEncoder {
  readonly config: SpotrConfig;
  /** Told by the tensors, by which `loadEncoder` goes as well. */
  readonly compaction: Compaction;
  readonly tensors: NamedTensors;
  /** Undefined where the file does not say it. */
  readonly trained: TrainedOn | undefined;
  /** What was found, for people. */
  readonly description: string;
  /** Of the file. */
  readonly path: string;
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
}

/**
 * The encoder that a word of weights names (see `resolveWeights`), alone or beside a decoder. Throws a CheckpointError for
 * a file that is none, and a CommandError for one without an encoder.
 */
export async function readEncoder(
  word: string,
  heads: number,
  options: ResolveOptions = {},
): Promise<FoundEncoder> {
  const { encoder } = await resolveWeights(word, ['encoder'], options);
  return readEncoderFile(encoder, heads);
}

/** The same of a file that was found. */
export async function readEncoderFile({ path, name }: WeightsFile, heads: number): Promise<FoundEncoder> {
  const source = await nodeFileSource(path, { steady: true }).catch((cause: unknown) => {
    throw new CommandError(
      `${name}: there is no such file of weights; those that ship with spotr are ${bundledNames().map(bundledWord).join(' and ')}.`,
      { cause },
    );
  });
  const checkpoint = await readHashedCheckpoint(source, name);
  const { format, tensors, config: found, metadata, sha256 } = checkpoint;
  checkPublished(path, sha256);
  const encoder = partOf([...tensors], 'encoder').filter(
    ([name]) => !name.startsWith('classification_head.'),
  );
  const { encoderDim, encoderLayers, patch } = found.config;
  const { compaction } = found;
  if (encoder.length === 0 || !compaction || !encoderDim || !encoderLayers || !patch) {
    throw new CommandError(`${name}: the file has no complete encoder; give the encoder's weights.`);
  }
  if (encoderDim % heads !== 0) {
    const fit = [1, 2, 4, 8, 16, 32].filter((count) => encoderDim % count === 0);
    throw new CommandError(
      `${name}: the encoder is ${encoderDim} wide, which is not divisible by --heads ${heads}; give those that it was trained with, such as ${fit.join(', ')}.`,
    );
  }
  const useless = encoder.filter(([, { data }]) => !data.every(Number.isFinite)).map(([name]) => name);
  if (useless.length > 0)
    throw new CommandError(
      `${name}: ${useless.length} of ${encoder.length} tensors hold values that are not finite, such as ${useless[0]}; the weights are unusable.`,
    );
  const size = found.size === 'other' ? 'of a size of its own' : found.size;
  const kind = compaction === 'none' ? ' without the compactor' : '';
  return {
    // No decoder is made, so any sizes do for it.
    config: { encoderDim, encoderLayers, heads, patch, decoderDim: heads, decoderLayers: 1 },
    compaction,
    tensors: new Map(encoder),
    trained: readTrainedOn(metadata, name),
    path,
    sha256,
    description: `${nearPaths(name)} (${format}), ${size}${kind}: ${encoderDim} wide, ${encoderLayers} layers, patches of ${patch} samples, ${heads} heads; SHA-256 ${sha256}`,
  };
}
