/** The weights that a run starts from. */

import { partOf } from '../../../checkpoint/index.ts';
import { readHashedCheckpoint } from '../../../checkpoint/node.ts';
import { packedContract, unpackContract } from '../../../data/index.ts';
import { type NamedTensors, type Pretrainer, SIZES, type SpotrSize } from '../../../model/index.ts';
import { openFile } from '../checkpoint-files.ts';
import { CommandError, UsageError } from '../errors.ts';
import type { Row } from '../text.ts';
import { readEncoder } from '../weights/encoder.ts';
import { checkPublished } from '../weights/published-check.ts';
import { type ResolveOptions, resolveIfThere } from '../weights/resolve.ts';
import { type TrainedOn, trainedBy } from '../weights/trained-on.ts';
import type { PretrainSettings } from './options.ts';

/** Stays in `config.json`. */
export interface StartedFrom {
  /** As it was named. */
  readonly weights: string;
  /** Of the files, in hexadecimal. */
  readonly encoder: string;
  /** Null where the renderer was drawn anew. */
  readonly decoder: string | null;
  /** What they were trained on, where they say it: a resumed run puts channels into the same order. */
  readonly contract?: ReturnType<typeof packedContract>;
}

export interface Start {
  readonly from: StartedFrom;
  readonly trained: TrainedOn | undefined;
  readonly encoder: NamedTensors;
  readonly decoder: NamedTensors | undefined;
  readonly row: Row;
}

/**
 * Encoder and renderer of a word of weights (see `resolveWeights`); the renderer may be missing.
 * @throws CommandError, CheckpointError for what cannot be read; UsageError for weights of another model than the settings'.
 */
export async function readStart(
  weights: string,
  { size, compaction, conditioning }: Pick<PretrainSettings, 'size' | 'compaction' | 'conditioning'>,
  options: ResolveOptions = {},
): Promise<Start> {
  const { heads } = SIZES[size];
  const encoder = await readEncoder(weights, heads, options);
  if (encoder.compaction !== compaction)
    throw new UsageError(
      `${weights}: is an encoder ${encoder.compaction === 'none' ? 'without' : 'with'} the compactor, but --compaction is ${compaction}; give --compaction ${encoder.compaction}.`,
    );
  requireSize(weights, size, { ...encoder.config, decoderDim: undefined, decoderLayers: undefined });
  const file = await resolveIfThere(weights, 'decoder', options);
  const checkpoint = file && (await readHashedCheckpoint(await openFile(file.path), file.name));
  if (checkpoint) checkPublished(file.path, checkpoint.sha256);
  const decoder = new Map(partOf([...(checkpoint?.tensors ?? [])], 'decoder'));
  const hasDecoder = checkpoint !== undefined && decoder.size > 0;
  if (hasDecoder) {
    const { decoderDim, decoderLayers } = checkpoint.config.config;
    requireSize(weights, size, { decoderDim, decoderLayers });
    const stated = checkpoint.metadata.conditioning;
    if (stated !== undefined && stated !== conditioning)
      throw new UsageError(
        `${weights}: its renderer was conditioned on ${stated}, but --conditioning is ${conditioning}; give --conditioning ${stated}.`,
      );
    const useless = [...decoder].find(([, { data }]) => !data.every(Number.isFinite));
    if (useless)
      throw new CommandError(
        `${file?.name}: ${useless[0]} holds values that are not finite; the weights are unusable.`,
      );
  }
  const contract = encoder.trained?.contract;
  return {
    from: {
      weights,
      encoder: encoder.sha256,
      decoder: hasDecoder ? checkpoint.sha256 : null,
      ...(contract && { contract: packedContract(contract) }),
    },
    trained: encoder.trained,
    encoder: encoder.tensors,
    decoder: hasDecoder ? decoder : undefined,
    row: [
      'from',
      `${encoder.description}; ${hasDecoder ? 'with its renderer' : 'it has no renderer: a new one is initialised'}; the optimiser starts anew`,
    ],
  };
}

/** What the weights of a run that is resumed were trained on. `name`: of the file that has it. */
export function trainedBefore({ contract }: StartedFrom, name: string): TrainedOn | undefined {
  return contract && trainedBy(unpackContract(contract, name));
}

/** Puts a fresh trainer's weights where a run is to start. @throws ModelError for tensors that do not fit. */
export function startFrom({ encoder, decoder }: Start, trainer: Pretrainer): void {
  trainer.load({ encoder, ...(decoder && { decoder }), step: 0 });
}

function requireSize(
  weights: string,
  size: SpotrSize,
  found: Readonly<Record<string, number | undefined>>,
): void {
  const differs = (other: SpotrSize) =>
    Object.entries(SIZES[other]).some(([name, value]) => found[name] !== undefined && found[name] !== value);
  if (!differs(size)) return;
  const other = (Object.keys(SIZES) as SpotrSize[]).find((name) => !differs(name));
  throw new UsageError(
    `${weights}: the weights are not of --size ${size}${other ? `; give --size ${other}` : ', nor of any that can be trained'}.`,
  );
}
