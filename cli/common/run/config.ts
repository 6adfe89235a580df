/** `config.json`: what a run was started with, for people and for `--resume`. */

import { quoteValue } from '../../../base/quote.ts';
import type { packedContract } from '../../../data/index.ts';
import { CommandError, UsageError } from '../errors.ts';
import { isSha256, recordOf } from '../files.ts';
import { dashed, fromFields, type Option, readKept, toFields } from '../options.ts';
import type { PassedOver } from '../training/data-rows.ts';
import type { StartedFrom } from '../training/from.ts';
import {
  FORMER_SETTINGS,
  FREE_ON_RESUME,
  PRETRAIN_OPTIONS,
  type PretrainSettings,
} from '../training/options.ts';
import { RUN_FILES, type RunFolder } from './run-folder.ts';

export interface RunConfig {
  /** Version of spotr. */
  readonly spotr: string;
  readonly settings: PretrainSettings;
  readonly adapter: string;
  readonly parameters: number;
  /** What the data set says of itself: a resumed run must find the same. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly passedOver: readonly PassedOver[];
  /** The channels that are trained on and how windows are cut; absent in runs of before. */
  readonly contract?: ReturnType<typeof packedContract>;
  /** The weights that it was started from, if it was. */
  readonly from?: StartedFrom;
}

export function writeConfig(folder: RunFolder, config: RunConfig): void {
  const settings = toFields(PRETRAIN_OPTIONS, config.settings);
  folder.write(RUN_FILES.config, `${JSON.stringify({ ...config, settings }, null, 2)}\n`);
}

/** Reads the config of the run to be resumed; every setting is checked like an option. */
export function readConfig(folder: RunFolder): RunConfig {
  const path = folder.file(RUN_FILES.config);
  const damaged = (what: string) =>
    new CommandError(`${path}: ${what}, so the run cannot be resumed; start it again with --overwrite.`);
  let config: Partial<RunConfig>;
  try {
    // null and other values that are no objects lack what is asked for below.
    config = recordOf(JSON.parse(new TextDecoder().decode(folder.read(RUN_FILES.config))));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw damaged('is not JSON');
  }
  const { data, adapter } = config;
  if (!config.settings || !data || typeof adapter !== 'string')
    throw damaged('lacks settings, data or adapter');
  const texts = { ...FORMER_SETTINGS, ...fromFields(PRETRAIN_OPTIONS, config.settings) };
  const settings = texts as unknown as PretrainSettings;
  for (const [name, option] of Object.entries(PRETRAIN_OPTIONS) as [string, Option<unknown>][]) {
    const value = (texts as Readonly<Record<string, unknown>>)[name];
    const isOptional = option.fallback === undefined && name !== 'learningRate';
    if (FREE_ON_RESUME.has(name) || (value === undefined && isOptional)) continue;
    if (readKept(option, value) === undefined) {
      throw damaged(`has ${option.field ?? name} ${quoteValue(value)}, which must be ${option.expected}`);
    }
  }
  const { paths } = settings;
  if (!Array.isArray(paths) || !paths.every((item) => typeof item === 'string'))
    throw damaged('has no list of paths');
  const { from } = config;
  if (from !== undefined && !isStart(from))
    throw damaged('does not say by SHA-256 which weights it started from');
  return { ...(config as RunConfig), settings };
}

/** `contract` is checked where it is read. */
function isStart(value: unknown): value is StartedFrom {
  const { weights, encoder, decoder } = (value ?? {}) as { readonly [field in keyof StartedFrom]?: unknown };
  return typeof weights === 'string' && isSha256(encoder) && (decoder === null || isSha256(decoder));
}

/**
 * The settings to resume with: those of the run, with the few that may change taken from the command line.
 * @throws UsageError where the command line asks for another run than the one in the folder.
 */
export function resumedSettings(
  { settings }: RunConfig,
  wanted: PretrainSettings,
  given: ReadonlySet<string>,
): PretrainSettings {
  for (const name of Object.keys(PRETRAIN_OPTIONS) as (keyof typeof PRETRAIN_OPTIONS)[]) {
    if (!given.has(name) || FREE_ON_RESUME.has(name) || name === 'steps' || !(name in wanted)) continue;
    const [was, is] = [settings[name as keyof PretrainSettings], wanted[name as keyof PretrainSettings]];
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    const option: Option<unknown> = PRETRAIN_OPTIONS[name];
    const shown = (value: unknown) =>
      value === undefined ? 'none' : option.show ? option.show(value) : String(value);
    throw new UsageError(
      `${dashed(name)} is ${shown(is)}, but the run was started with ${shown(was)}; leave it out to resume, or start a new run.`,
    );
  }
  if (wanted.paths.length > 0 && wanted.paths.join('\n') !== settings.paths.join('\n')) {
    throw new UsageError(
      `The run was started on ${settings.paths.join(', ') || 'synthetic signals'}; leave the files out to resume, or start a new run.`,
    );
  }
  return {
    ...settings,
    ...(given.has('steps') && { steps: wanted.steps }),
    ...(given.has('checkpointEvery') && { checkpointEvery: wanted.checkpointEvery }),
    // It changes no number.
    ...(given.has('checkpointing') && { checkpointing: wanted.checkpointing }),
    ...(given.has('checkpointMinutes') && { checkpointMinutes: wanted.checkpointMinutes }),
  };
}
