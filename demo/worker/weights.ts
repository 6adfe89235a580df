/** Weights from files, of the command and of PyTorch too. */

import { guessConditioning, partOf, readCheckpoint } from '../../checkpoint/index.ts';
import { blobSource, type ChannelContract, readContract } from '../../data/index.ts';
import {
  type Conditioning,
  ModelError,
  type NamedTensors,
  SIZES,
  type SpotrConfig,
  type SpotrSize,
} from '../../model/index.ts';

export interface Weights {
  readonly encoder: NamedTensors;
  /** Without it a fresh one is trained. */
  readonly decoder?: NamedTensors;
  readonly optimizer?: NamedTensors;
}

export interface Loaded {
  readonly config: SpotrConfig;
  readonly size: SpotrSize | 'other';
  readonly conditioning: Conditioning;
  readonly weights: Weights;
  readonly step: number;
  /** Seconds of the windows that they were trained on, that of most first, where the file says it. */
  readonly window?: string;
  /** What they were trained on, where the file says it. */
  readonly contract?: ChannelContract;
}

/** Weights from one file with both parts, or of two. @throws CheckpointError and ModelError in words for people. */
export async function readWeights(files: readonly File[]): Promise<Loaded> {
  const parts: { encoder?: NamedTensors; decoder?: NamedTensors } = {};
  let found: Partial<SpotrConfig> = {};
  let told: Conditioning | undefined;
  let window: string | undefined;
  let contract: ChannelContract | undefined;
  let why = '';
  for (const file of files) {
    const { tensors, metadata, config } = await readCheckpoint(blobSource(file, file.name), file.name);
    if (config.compaction === 'none')
      throw new ModelError(
        `${file.name}: is an encoder without the compactor; the page shows SPOTR with it, use "spotr embed" for this one.`,
      );
    const headless = [...tensors].filter(([name]) => !name.startsWith('classification_head.'));
    for (const part of ['encoder', 'decoder'] as const) {
      const own = partOf(headless, part);
      if (own.length === 0) continue;
      if (parts[part])
        throw new ModelError(
          `${file.name}: is the second file with ${part === 'encoder' ? 'an encoder' : 'a decoder'}; give one encoder, and the decoder that was trained with it.`,
        );
      parts[part] = new Map(own);
    }
    for (const size of ['encoderDim', 'patch'] as const)
      if (
        found[size] !== undefined &&
        config.config[size] !== undefined &&
        found[size] !== config.config[size]
      )
        throw new ModelError(
          `${file.name}: its ${size === 'patch' ? 'patches are of' : 'encoder is as wide as'} ${config.config[size]}, but the other file says ${found[size]}; give the two that were trained together.`,
        );
    found = { ...found, ...config.config };
    const { conditioning } = metadata;
    window ??= metadata.window;
    contract ??= readContract(metadata, file.name);
    if (conditioning === 'cls' || conditioning === 'tokens') told = conditioning;
    const guess = guessConditioning(tensors);
    if (guess?.conditioning === 'cls' || guess?.conditioning === 'tokens') told ??= guess.conditioning;
    why ||= guess?.why ?? '';
  }
  const names = files.map(({ name }) => name).join(', ');
  const { encoderDim, encoderLayers, patch } = found;
  if (!parts.encoder || !encoderDim || !encoderLayers || !patch)
    throw new ModelError(
      `${names}: there is no encoder in it; give the encoder's weights, and the decoder's with them where they are in a file of their own.`,
    );
  const named = Object.entries(SIZES).find(
    ([, size]) =>
      size.encoderDim === encoderDim && size.encoderLayers === encoderLayers && size.patch === patch,
  );
  const decoderDim = found.decoderDim ?? named?.[1].decoderDim ?? encoderDim / 2;
  const decoderLayers = found.decoderLayers ?? named?.[1].decoderLayers ?? 2;
  const config = { encoderDim, encoderLayers, patch, heads: 8, decoderDim, decoderLayers };
  const isNamed = named && named[1].decoderDim === decoderDim && named[1].decoderLayers === decoderLayers;
  if (parts.decoder && !told)
    throw new ModelError(
      `${names}: the weights do not show whether the decoder saw the one token or all of them (${why}); reconstructions would mean nothing.`,
    );
  return {
    config,
    size: isNamed ? (named[0] as SpotrSize) : 'other',
    conditioning: told ?? 'cls',
    weights: { encoder: parts.encoder, ...(parts.decoder && { decoder: parts.decoder }) },
    step: 0,
    ...(window && { window }),
    ...(contract && { contract }),
  };
}
