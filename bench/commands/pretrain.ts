/** One pretraining run in a folder of its own, by `spotr pretrain`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { dashed, fromFields, parseOptions } from '../../cli/common/options.ts';
import { PRETRAIN_OPTIONS, settingsOf } from '../../cli/common/training/options.ts';
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
  const where = ['--out', folder, ...(adapter === 'auto' ? [] : ['--adapter', adapter])];
  await spotr('pretrain', ...(begun ? ['--resume'] : [...wordsOf(settings), ...more]), ...where);
}

type Settings = Readonly<Record<string, unknown>>;

function settingsIn(folder: string): Settings | undefined {
  const path = join(folder, 'config.json');
  if (!existsSync(path)) return undefined;
  return (JSON.parse(readFileSync(path, 'utf8')) as { settings: Settings }).settings;
}

/** @throws MendableError where a run was made with other settings; `wanted` by their names without dashes. */
export function requireSame(folder: string, found: Settings, wanted: Readonly<Record<string, string>>): void {
  const { values, given } = parseOptions(wordsOf(wanted), PRETRAIN_OPTIONS);
  // As the command itself reads them, whatever it makes of a word; of recordings, as in every run of a program.
  const asked: Settings = { ...settingsOf(values, given, ['recordings']) };
  const made = fromFields(PRETRAIN_OPTIONS, found);
  const differences = [...given].flatMap((name) => {
    const [own, other] = [made[name], asked[name]];
    return isDeepStrictEqual(own, other)
      ? []
      : [`${dashed(name).slice('--'.length)} ${shown(own)}, not ${shown(other)}`];
  });
  if (differences.length === 0) return;
  throw new MendableError(
    `The run in ${folder} was made with ${differences.join(', ')}; give the options that it had, or another --out.`,
  );
}

const shown = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

const wordsOf = (settings: Readonly<Record<string, string>>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
