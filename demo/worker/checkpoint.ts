/** A model as files: its weights to take along, and a run to resume. */

import { decodeSafetensors, encodeSafetensors } from '../../checkpoint/index.ts';
import { contractMetadata, readContract } from '../../data/index.ts';
import type { NamedTensors, SpotrConfig } from '../../model/index.ts';
import type { StepTold, TrainSettings } from '../messages.ts';
import type { Model } from './model.ts';
import type { Loaded } from './weights.ts';

/** Where a run stands, beside its tensors. */
export interface RunFacts {
  readonly settings: TrainSettings;
  /** Of training. */
  readonly seconds: number;
  /** What the data set says of itself: a run resumes on the same only. */
  readonly data: string;
  readonly told: readonly StepTold[];
}

const withPrefix = (prefix: string, tensors: NamedTensors) =>
  [...tensors].map(([name, tensor]) => [`${prefix}.${name}`, tensor] as const);

/** What a file away from here still says of itself, in the words of `spotr pretrain`. */
function aboutOf({ settings, size, config, trainer, loadedWindow, contract }: Model): Record<string, string> {
  return {
    format: 'pt',
    model: 'spotr',
    size,
    compaction: 'spotr',
    conditioning: settings.conditioning,
    patch: String(config.patch),
    ...(contract ? contractMetadata(contract) : loadedWindow ? { window: loadedWindow } : {}),
    seed: String(settings.seed),
    step: String(trainer.step),
  };
}

/** Encoder and decoder in one file. */
export async function weightsFile(model: Model): Promise<Blob> {
  const { encoder, decoder } = await model.trainer.state();
  const tensors = new Map([...withPrefix('encoder', encoder), ...withPrefix('decoder', decoder)]);
  return new Blob([encodeSafetensors(tensors, aboutOf(model))]);
}

/** Everything that a run needs to resume, as one file, so that it is there whole or not at all. */
export async function runFile(model: Model, facts: RunFacts): Promise<Uint8Array<ArrayBuffer>> {
  const about = aboutOf(model);
  const state = await model.trainer.state();
  const tensors = new Map(
    (['encoder', 'decoder', 'optimizer'] as const).flatMap((part) => withPrefix(part, state[part])),
  );
  return encodeSafetensors(tensors, {
    ...about,
    'spotr.run': JSON.stringify({ ...facts, config: model.config }),
  });
}

export interface KeptRun {
  readonly loaded: Loaded;
  readonly facts: RunFacts;
}

export function readRunFile(bytes: Uint8Array): KeptRun {
  const name = 'the run kept in this browser';
  const { tensors, metadata } = decodeSafetensors(bytes, name);
  const contract = readContract(metadata, name);
  const { config, ...facts } = JSON.parse(metadata['spotr.run'] ?? '') as RunFacts & { config: SpotrConfig };
  const part = (name: string) =>
    new Map(
      [...tensors].flatMap(([key, tensor]) =>
        key.startsWith(`${name}.`) ? [[key.slice(name.length + 1), tensor] as const] : [],
      ),
    );
  const weights = { encoder: part('encoder'), decoder: part('decoder'), optimizer: part('optimizer') };
  const { conditioning } = facts.settings;
  return {
    loaded: {
      config,
      size: (metadata.size ?? 'other') as Loaded['size'],
      conditioning,
      weights,
      step: Number(metadata.step),
      ...(contract && { contract }),
    },
    facts,
  };
}
