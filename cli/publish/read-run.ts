/** A finished run of `spotr pretrain`, and of what it says that which may be given away. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  asHalf,
  encodeStored,
  findConfig,
  type OpenCheckpoint,
  openCheckpoint,
  partMisfits,
  type StoredTensor,
  toFloat32,
} from '../../checkpoint/index.ts';
import { type ChannelContract, MODEL_RATE, readContract } from '../../data/index.ts';
import { type Precision, SIZES } from '../../model/index.ts';
import { openFile } from '../common/checkpoint-files.ts';
import { CommandError } from '../common/errors.ts';
import { type RunConfig, readConfig } from '../common/run/config.ts';
import { RUN_FILES, RunFolder } from '../common/run/run-folder.ts';
import { readSummary, type Summary } from '../common/run/summary.ts';
import type { StartedFrom } from '../common/training/from.ts';
import type { PublishedFile } from '../common/weights/published-check.ts';

/** Files of weights, as they are called in the run and in the published folder. */
export const PARTS = [RUN_FILES.encoder, RUN_FILES.decoder] as const;

/** Entries of the metadata of weights that are published; whatever else a file says stays at home. */
const PUBLIC_METADATA = [
  ...['format', 'model', 'size', 'compaction', 'conditioning', 'patch', 'window', 'bandPass', 'detrend'],
  ...['contract', 'seed', 'step', 'recipe'],
];

export interface FinishedRun {
  readonly config: RunConfig;
  readonly summary: Summary;
  /** Undefined in runs of before there was one. */
  readonly contract: ChannelContract | undefined;
  /** How the weights are stored below; in the run they are f32. */
  readonly precision: Precision;
  /** By name; the same bytes for the same run and precision. */
  readonly weights: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/**
 * A run with its weights as they are to be stored.
 * @throws CommandError where the folder is none of a run, or of one that is not finished, not whole or not finite; CheckpointError for a
 * weight that f16 has no number for.
 */
export async function readFinishedRun(path: string, precision: Precision): Promise<FinishedRun> {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new CommandError(`${path}: is not a folder; name that of a run of spotr pretrain.`);
  if (!existsSync(join(path, RUN_FILES.config)))
    throw new CommandError(
      `${path}: is not a run of spotr pretrain (it has no ${RUN_FILES.config}); name the folder of one.`,
    );
  const folder = RunFolder.toRead(path);
  const config = readConfig(folder);
  const { parameters, spotr, settings } = config;
  if (!Number.isSafeInteger(parameters) || typeof spotr !== 'string')
    throw new CommandError(
      `${folder.file(RUN_FILES.config)}: does not state the number of parameters and the version of spotr; it is damaged: train again.`,
    );
  const { steps } = settings;
  const parts = await Promise.all(PARTS.map(async (name) => ({ name, part: await openPart(folder, name) })));
  const unlike = parts.find(({ part }) => part.metadata.step !== String(steps));
  if (!folder.has(RUN_FILES.summary) || unlike)
    throw new CommandError(
      `${path}: the run is not finished${unlike ? ` (${unlike.name} is of step ${unlike.part.metadata.step ?? 'unknown'} of ${steps})` : ` (it has no ${RUN_FILES.summary})`}; finish it first: spotr pretrain --resume --out ${path}.`,
    );
  const weights = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { name, part } of parts) {
    const known = PUBLIC_METADATA.flatMap((key) => {
      const value = part.metadata[key];
      return value === undefined ? [] : [[key, value] as const];
    });
    const finite = part.tensors.map((tensor) => asFinite(tensor, folder.file(name)));
    const tensors = precision === 'f16' ? finite.map(asHalf) : finite;
    weights.set(name, await encodeStored(tensors, Object.fromEntries(known)));
  }
  const [encoder] = parts as [(typeof parts)[0]];
  return {
    config,
    summary: readSummary(folder),
    precision,
    contract: readContract(encoder.part.metadata, folder.file(encoder.name)),
    weights,
  };
}

async function openPart(folder: RunFolder, name: string): Promise<OpenCheckpoint> {
  const path = folder.file(name);
  if (!existsSync(path))
    throw new CommandError(`${folder.path}: the run has no ${name}; finish it: spotr pretrain --resume.`);
  const part = await openCheckpoint(await openFile(path), path);
  const [problem] = partMisfits(part.tensors, findConfig(part.tensors));
  if (problem !== undefined) throw new CommandError(`${path}: is not whole: ${problem}`);
  return part;
}

/** The same tensor. On reading @throws CommandError where a value is not finite: no model is made of such. */
function asFinite(tensor: StoredTensor, path: string): StoredTensor {
  return {
    ...tensor,
    async read() {
      const bytes = await tensor.read();
      const values = toFloat32(tensor.dtype, bytes);
      const place = values?.findIndex((value) => !Number.isFinite(value)) ?? -1;
      if (place < 0) return bytes;
      throw new CommandError(
        `${path}: ${tensor.name} holds ${values?.[place]} at index ${place}; weights that are not finite are unusable: train again.`,
      );
    },
  };
}

/** What of a run's settings, sizes and data goes into the published `config.json`: nothing that is not named here. */
export function publicFacts({ config, summary, precision: stored, contract }: FinishedRun) {
  const { settings, parameters, spotr, data } = config;
  const { size, compaction, conditioning, precision, steps, batchSize, accumulation } = settings;
  const { learningRate, schedule, weightDecay, clip, seed, window, stride, mains, bandPass, detrend, units } =
    settings;
  const { recipe, positionInit, weightInit, auxiliary, dense, turns, windows } = settings;
  return {
    spotr,
    model: { size, compaction, conditioning, parameters, stored, ...SIZES[size] },
    preprocessing: {
      ...{
        rate: MODEL_RATE,
        windows: contract?.windows ?? [window],
        ...(stride !== undefined && { stride }),
      },
      ...(settings.paths.length > 0 && { mains, bandPass, detrend, units }),
      standardised: 'each channel of each window, by the model',
    },
    training: {
      ...{ recipe, positionInit, weightInit, auxiliary, dense, turns, windows },
      ...{ steps, batchSize, accumulation, learningRate, schedule, weightDecay, clip, seed, precision },
      adapter: config.adapter,
    },
    ...(config.from && { from: publicStart(config.from) }),
    data: publicData(data, contract),
    heldOut: numbersOf(summary.modalities) as Summary['modalities'],
  };
}

/** Words for weights that anybody can have are published; the place of a file is nobody's business, its hash is. */
function publicStart({ weights, encoder, decoder }: StartedFrom) {
  return { ...(/^(hf|bundled):/.test(weights) && { weights }), encoder, decoder };
}

/** What a published folder says of itself. */
export type PublishedConfig = ReturnType<typeof publicFacts> & {
  readonly contract: FinishedRun['contract'];
  readonly files: Readonly<Record<string, PublishedFile>>;
};

interface Group {
  readonly source?: unknown;
  readonly dataset?: unknown;
  readonly recordings?: unknown;
  readonly trainWindows?: unknown;
}

const groupsOf = ({ groups }: RunConfig['data']): Group[] =>
  Array.isArray(groups) ? groups.filter((group) => typeof group === 'object' && group !== null) : [];

/** Counts, and no names. */
function publicData(data: RunConfig['data'], contract: ChannelContract | undefined) {
  if (data.kind !== 'recordings') return { kind: 'generated' as const, kinds: contract?.kinds ?? [] };
  const groups = groupsOf(data);
  const count = (of: (group: Group) => unknown, some = groups) =>
    some.reduce((sum, group) => sum + (Number(of(group)) || 0), 0);
  const sources = [...new Set(groups.map(({ source }) => String(source)))];
  return {
    kind: 'recordings' as const,
    dataSets: new Set(groups.map(({ dataset }) => dataset ?? '')).size,
    sources: sources.map((source) => {
      const own = groups.filter((group) => String(group.source) === source);
      return {
        source,
        recordings: count(({ recordings }) => recordings, own),
        trainWindows: count(({ trainWindows }) => trainWindows, own),
      };
    }),
  };
}

/** The same with nothing but its numbers, as far down as losses have any: texts might be names. */
function numbersOf(value: unknown, levels = 8): unknown {
  if (typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null || levels === 0) return undefined;
  if (Array.isArray(value)) return value.map((each) => numbersOf(each, levels - 1));
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => {
      const kept = numbersOf(each, levels - 1);
      return kept === undefined ? [] : [[key, kept]];
    }),
  );
}

/** Names of data sets as a manifest gives them, for who asks for them. */
export function dataSetsOf({ data }: RunConfig): string[] {
  const groups = groupsOf(data);
  return [...new Set(groups.flatMap(({ dataset }) => (typeof dataset === 'string' ? [dataset] : [])))].sort();
}
