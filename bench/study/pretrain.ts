/** The encoders that are compared: the same seed, steps and batches. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StudyError, type StudyOptions } from './options.ts';
import type { Spotr } from './spotr.ts';

export interface Variant {
  /** Of its folder. */
  readonly name: string;
  readonly title: string;
  readonly options: Readonly<Record<string, string>>;
}

export const VARIANTS: readonly Variant[] = [
  {
    name: 'spotr-cls',
    title: 'SPOTR, cls',
    options: { compaction: 'spotr', conditioning: 'cls' },
  },
  {
    name: 'spotr-tokens',
    title: 'SPOTR, tokens',
    options: { compaction: 'spotr', conditioning: 'tokens' },
  },
  {
    name: 'flattened-cls',
    title: 'flattened, cls',
    options: { compaction: 'none', conditioning: 'cls' },
  },
];

/** As of `config.json` and `summary.json` of a complete run. */
export interface TrainedRun {
  readonly parameters: number;
  readonly steps: number;
  readonly seconds: number;
  readonly adapter: string;
  readonly modalities: Readonly<Record<string, { readonly ratio: number; readonly windows: number }>>;
}

/** Pretrains a variant into its folder; goes on with what was interrupted, and leaves alone what is complete. */
export async function pretrainVariant(
  variant: Variant,
  options: StudyOptions,
  manifest: string,
  spotr: Spotr,
): Promise<void> {
  const folder = join(options.out, variant.name);
  const { steps, batchSize, lr, seed, adapter } = options;
  const settings = {
    ...{ size: 'small', draw: '2', ...variant.options },
    ...{ steps: String(steps), 'batch-size': String(batchSize), lr: String(lr), seed: String(seed) },
  };
  const begun = settingsIn(folder);
  if (begun) requireSame(folder, begun, settings);
  if (existsSync(join(folder, 'summary.json'))) return;
  const words = Object.entries({ ...settings, recipe: 'paper' }).flatMap(([name, value]) => [
    `--${name}`,
    value,
  ]);
  const where = ['--out', folder, ...(adapter === 'auto' ? [] : ['--adapter', adapter])];
  await spotr('pretrain', ...(begun ? ['--resume'] : [...words, manifest]), ...where);
}

type Settings = Readonly<Record<string, unknown>>;

function settingsIn(folder: string): Settings | undefined {
  const path = join(folder, 'config.json');
  if (!existsSync(path)) return undefined;
  return (JSON.parse(readFileSync(path, 'utf8')) as { settings: Settings }).settings;
}

function requireSame(folder: string, found: Settings, wanted: Readonly<Record<string, string>>): void {
  const camel = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const shown = (value: unknown) =>
    typeof value === 'object' && value !== null && 'temperature' in value
      ? String(value.temperature)
      : String(value);
  const other = Object.entries(wanted).filter(([name, value]) => shown(found[camel(name)]) !== value);
  if (other.length === 0) return;
  const differences = other.map(([name, value]) => `${name} ${shown(found[camel(name)])}, not ${value}`);
  throw new StudyError(
    `The run in ${folder} was made with ${differences.join(', ')}; give the options that it had, or another --out.`,
  );
}

export function trainedRun(folder: string): TrainedRun {
  return JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as TrainedRun;
}
