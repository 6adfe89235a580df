import { type Checkpoint, guessConditioning, openCheckpoint, partOf } from '../../checkpoint/index.ts';
import { readHashedCheckpoint } from '../../checkpoint/node.ts';
import type { Conditioning, NamedTensors, SpotrConfig } from '../../model/index.ts';
import { openFile } from '../common/checkpoint-files.ts';
import { CommandError } from '../common/errors.ts';
import { nearPaths } from '../common/text.ts';
import { readEncoderFile } from '../common/weights/encoder.ts';
import { checkPublished } from '../common/weights/published-check.ts';
import { resolveWeights, type WeightsFile } from '../common/weights/resolve.ts';
import type { TrainedOn } from '../common/weights/trained-on.ts';
import type { ReconstructValues } from './options.ts';

export interface FoundModel {
  readonly config: SpotrConfig;
  readonly conditioning: Conditioning;
  /** Undefined where the encoder's file does not say it. */
  readonly trained: TrainedOn | undefined;
  /** Of the encoder's file. */
  readonly path: string;
  readonly encoder: NamedTensors;
  readonly decoder: NamedTensors;
  /** What was found, for people. */
  readonly description: string;
  /** How the conditioning is known, for people. */
  readonly why: string;
}

type Asked = Pick<ReconstructValues, 'decoder' | 'conditioning' | 'heads' | 'offline'> & {
  readonly weights: string;
};

/**
 * Encoder and decoder of a run's folder, of one checkpoint, or of two.
 * @throws CheckpointError for a file that is none, CommandError where a part is missing or the two do not fit together.
 */
export async function readModel(asked: Asked): Promise<FoundModel> {
  const places = await placesOf(asked);
  const encoder = await readEncoderFile(places.encoder, asked.heads);
  const { name } = places.decoder;
  const checkpoint = await readHashedCheckpoint(await openFile(places.decoder.path), name);
  checkPublished(places.decoder.path, checkpoint.sha256);
  const decoder = new Map(partOf([...checkpoint.tensors], 'decoder'));
  const { decoderDim, decoderLayers, encoderDim, patch } = checkpoint.config.config;
  if (decoder.size === 0 || !decoderDim || !decoderLayers) {
    const fix =
      places.decoder.path === places.encoder.path
        ? 'name the one that was trained with this encoder with --decoder FILE, or the folder of its run with --weights RUN'
        : "give the decoder's weights";
    throw new CommandError(
      `${name}: the file has no decoder, which reconstructs the signal from the token; ${fix}.`,
    );
  }
  if (encoderDim !== encoder.config.encoderDim || patch !== encoder.config.patch) {
    throw new CommandError(
      `${name}: the decoder is for an encoder ${encoderDim} wide with patches of ${patch} samples, but ${nearPaths(places.encoder.name)} is ${encoder.config.encoderDim} wide with patches of ${encoder.config.patch}; give the two that were trained together.`,
    );
  }
  await requireSameStep(places, checkpoint);
  return {
    config: { ...encoder.config, decoderDim, decoderLayers },
    ...conditioningOf(asked.conditioning, checkpoint, name),
    trained: encoder.trained,
    path: encoder.path,
    encoder: encoder.tensors,
    decoder,
    description: `${encoder.description}; decoder ${nearPaths(name)}, ${decoderDim} wide, ${decoderLayers} layers`,
  };
}

interface Places {
  readonly encoder: WeightsFile;
  readonly decoder: WeightsFile;
}

async function placesOf({ weights, decoder, offline }: Asked): Promise<Places> {
  if (decoder === undefined) return resolveWeights(weights, ['encoder', 'decoder'], { offline });
  return {
    ...(await resolveWeights(weights, ['encoder'], { offline })),
    ...(await resolveWeights(decoder, ['decoder'], { offline })),
  };
}

/** A run that is going on replaces its files one after the other. */
async function requireSameStep({ encoder, decoder }: Places, { metadata }: Checkpoint): Promise<void> {
  const { step } = (await openCheckpoint(await openFile(encoder.path), encoder.name)).metadata;
  if (step === undefined || metadata.step === undefined || step === metadata.step) return;
  throw new CommandError(
    `${encoder.name} is of step ${step}, but ${nearPaths(decoder.name)} of step ${metadata.step}; give the two of one checkpoint.`,
  );
}

function conditioningOf(
  given: Conditioning | undefined,
  { tensors, metadata }: Checkpoint,
  path: string,
): Pick<FoundModel, 'conditioning' | 'why'> {
  if (given !== undefined) return { conditioning: given, why: 'as set by --conditioning' };
  const { conditioning } = metadata;
  if (conditioning === 'cls' || conditioning === 'tokens')
    return { conditioning, why: 'as the file of the decoder states' };
  const guess = guessConditioning(tensors);
  if (guess && guess.conditioning !== 'unknown')
    return { conditioning: guess.conditioning, why: `${guess.certainty}: ${guess.why}` };
  throw new CommandError(
    `${path}: the weights do not state what conditioned this decoder in training${guess ? ` (${guess.why.replace(/\.$/, '')})` : ''}; set --conditioning cls (the one token) or --conditioning tokens (all).`,
  );
}
