import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { guessConditioning } from '../../model/checkpoint/conditioning.ts';
import { partOf } from '../../model/checkpoint/find-config.ts';
import { type Checkpoint, openCheckpoint, readCheckpoint } from '../../model/checkpoint/read.ts';
import type { Conditioning, NamedTensors, SpotrConfig } from '../../model/index.ts';
import { openFile } from '../checkpoint-files.ts';
import { readEncoder } from '../embed/weights.ts';
import { CommandError } from '../errors.ts';
import { checkPublished } from '../publish/check.ts';
import { RUN_FILES } from '../run-folder.ts';
import { nearPaths } from '../text.ts';
import type { TrainedOn } from '../trained-on.ts';
import type { ReconstructValues } from './options.ts';

export interface FoundModel {
  readonly config: SpotrConfig;
  readonly conditioning: Conditioning;
  /** Undefined where the encoder's file does not say it. */
  readonly trained: TrainedOn | undefined;
  readonly encoder: NamedTensors;
  readonly decoder: NamedTensors;
  /** What was found, for people. */
  readonly description: string;
  /** How the conditioning is known, for people. */
  readonly why: string;
}

type Asked = Pick<ReconstructValues, 'decoder' | 'conditioning' | 'heads'> & { readonly weights: string };

/**
 * Encoder and decoder of a run's folder, of one checkpoint, or of two.
 * @throws CheckpointError for a file that is none, CommandError where a part is missing or the two do not fit together.
 */
export async function readModel(asked: Asked): Promise<FoundModel> {
  const paths = placesOf(asked);
  const encoder = await readEncoder(paths.encoder, asked.heads);
  const checkpoint = await readCheckpoint(await openFile(paths.decoder), paths.decoder, { sha256: true });
  checkPublished(paths.decoder, checkpoint.sha256 as string);
  const decoder = new Map(partOf([...checkpoint.tensors], 'decoder'));
  const { decoderDim, decoderLayers, encoderDim, patch } = checkpoint.config.config;
  if (decoder.size === 0 || !decoderDim || !decoderLayers) {
    const fix =
      paths.decoder === paths.encoder
        ? 'name the one that was trained with this encoder with --decoder FILE, or the folder of its run with --weights RUN'
        : "give the decoder's weights";
    throw new CommandError(
      `${paths.decoder}: the file has no decoder, which draws the signal from the token; ${fix}.`,
    );
  }
  if (encoderDim !== encoder.config.encoderDim || patch !== encoder.config.patch) {
    throw new CommandError(
      `${paths.decoder}: the decoder is for an encoder ${encoderDim} wide with patches of ${patch} samples, but ${nearPaths(paths.encoder)} is ${encoder.config.encoderDim} wide with patches of ${encoder.config.patch}; give the two that were trained together.`,
    );
  }
  await requireSameStep(paths, checkpoint);
  return {
    config: { ...encoder.config, decoderDim, decoderLayers },
    ...conditioningOf(asked.conditioning, checkpoint, paths.decoder),
    trained: encoder.trained,
    encoder: encoder.tensors,
    decoder,
    description: `${encoder.description}; decoder ${nearPaths(paths.decoder)}, ${decoderDim} wide, ${decoderLayers} layers`,
  };
}

interface Places {
  readonly encoder: string;
  readonly decoder: string;
}

function placesOf({ weights, decoder }: Asked): Places {
  const path = resolve(weights);
  const isRun = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const encoder = isRun ? join(path, RUN_FILES.encoder) : path;
  const own = isRun ? join(path, RUN_FILES.decoder) : path;
  const places = { encoder, decoder: decoder === undefined ? own : resolve(decoder) };
  const missing = Object.values(places).filter((place) => !statSync(place, { throwIfNoEntry: false }));
  if (!isRun || missing.length === 0) return places;
  const names = missing.map((place) => `"${nearPaths(place)}"`).join(' and ');
  throw new CommandError(
    `The folder "${weights}" holds no whole run: there is no ${names}; name the folder of a run of spotr pretrain, or a file of weights.`,
  );
}

/** A run that is going on replaces its files one after the other. */
async function requireSameStep({ encoder, decoder }: Places, { metadata }: Checkpoint): Promise<void> {
  const { step } = (await openCheckpoint(await openFile(encoder), encoder)).metadata;
  if (step === undefined || metadata.step === undefined || step === metadata.step) return;
  throw new CommandError(
    `${encoder} is of step ${step}, but ${nearPaths(decoder)} of step ${metadata.step}; give the two of one checkpoint.`,
  );
}

function conditioningOf(
  given: Conditioning | undefined,
  { tensors, metadata }: Checkpoint,
  path: string,
): Pick<FoundModel, 'conditioning' | 'why'> {
  if (given !== undefined) return { conditioning: given, why: 'as --conditioning says' };
  const { conditioning } = metadata;
  if (conditioning === 'cls' || conditioning === 'tokens')
    return { conditioning, why: 'as the file of the decoder says' };
  const guess = guessConditioning(tensors);
  if (guess && guess.conditioning !== 'unknown')
    return { conditioning: guess.conditioning, why: `${guess.certainty}: ${guess.why}` };
  throw new CommandError(
    `${path}: the weights do not tell what this decoder was trained to see${guess ? ` (${guess.why.replace(/\.$/, '')})` : ''}; say it with --conditioning cls (the one token) or --conditioning tokens (all).`,
  );
}
