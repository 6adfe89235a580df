/** Training the variants of a plan. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StudyError, type StudyOptions } from './options.ts';
import { readOutcome, type TrainedRun } from './outcomes.ts';
import type { Variant } from './plan.ts';
import type { Spotr } from './spotr.ts';

export const runFolder = (out: string, { name }: Variant): string => join(out, 'runs', name);

/** Pretrains a variant into its folder; goes on with what was interrupted, and leaves alone what is complete. */
export async function pretrainVariant(
  variant: Variant,
  { out, adapter }: Pick<StudyOptions, 'out' | 'adapter'>,
  manifest: string,
  spotr: Spotr,
): Promise<void> {
  if (trainedRun(variant, out)) return;
  const folder = runFolder(out, variant);
  const words = Object.entries(variant.pretrain).flatMap(([name, value]) => [`--${name}`, value]);
  const begun = existsSync(join(folder, 'config.json'));
  const where = ['--out', folder, ...(adapter === 'auto' ? [] : ['--adapter', adapter])];
  await spotr('pretrain', ...(begun ? ['--resume'] : [...words, manifest]), ...where);
}

/** What a complete run came to. @throws StudyError for a folder, complete or not, that has another run. */
export function trainedRun(variant: Variant, out: string): TrainedRun | undefined {
  const folder = runFolder(out, variant);
  const config = join(folder, 'config.json');
  if (!existsSync(config)) return undefined;
  const { settings } = readOutcome<Config>(config, ['settings']);
  requireSame(folder, settings, variant);
  const file = join(folder, 'summary.json');
  if (!existsSync(file)) return undefined;
  const summary = readOutcome<Omit<TrainedRun, 'paths'>>(file, SUMMARY_KEYS);
  return { ...summary, paths: settings.paths ?? [] };
}

const SUMMARY_KEYS = ['steps', 'seconds', 'adapter', 'modalities', 'parameters'] as const;

interface Config {
  readonly settings: Readonly<Record<string, unknown>> & { readonly paths?: readonly string[] };
}

function requireSame(folder: string, settings: Config['settings'], { pretrain }: Variant): void {
  const camel = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const shown = (value: unknown) =>
    typeof value === 'object' && value !== null && 'temperature' in value
      ? String(value.temperature)
      : String(value);
  const found = (name: string) => shown(settings[camel(name)]);
  const differences = Object.entries(pretrain)
    .filter(([name, value]) => found(name) !== value)
    .map(([name, value]) => `${name} ${found(name)}, not ${value}`);
  if (differences.length === 0) return;
  throw new StudyError(
    `The run in ${folder} was made with ${differences.join(', ')}; give the options that it had, or another --out.`,
  );
}
