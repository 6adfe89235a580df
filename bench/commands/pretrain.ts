/** One pretraining run in a folder of its own, by `spotr pretrain`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MendableError } from './mendable.ts';
import type { Spotr } from './spotr.ts';

export interface PretrainOnce {
  readonly folder: string;
  /** Options that the run must have been made with, by their names without dashes. */
  readonly settings: Readonly<Record<string, string>>;
  /** What else stands on the command line of a new run: other options, and the recordings. */
  readonly more: readonly string[];
  readonly adapter: string;
}

/**
 * Goes on with what was interrupted, and leaves alone what is complete.
 * @throws MendableError where the folder holds a run of other settings.
 */
export async function pretrainOnce(
  { folder, settings, more, adapter }: PretrainOnce,
  spotr: Spotr,
): Promise<void> {
  const begun = settingsIn(folder);
  if (begun) requireSame(folder, begun, settings);
  if (existsSync(join(folder, 'summary.json'))) return;
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const where = ['--out', folder, ...(adapter === 'auto' ? [] : ['--adapter', adapter])];
  await spotr('pretrain', ...(begun ? ['--resume'] : [...words, ...more]), ...where);
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
  throw new MendableError(
    `The run in ${folder} was made with ${differences.join(', ')}; give the options that it had, or another --out.`,
  );
}
