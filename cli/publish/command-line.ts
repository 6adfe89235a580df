/** The command that made a run, without private values. */
import { dashed, type Option } from '../common/options.ts';
import { FREE_ON_RESUME, PRETRAIN_OPTIONS, type PretrainSettings } from '../common/training/options.ts';

export interface PublicCommand {
  readonly line: string;
  /** Options that were given and whose values are not published, such as `--channels`. */
  readonly withheld: readonly string[];
}

/** Stands for the recordings. */
const RECORDINGS = 'RECORDINGS...';

/** Values that an option makes of numbers and its own words, though they are neither. */
const OF_OWN_WORDS: ReadonlySet<string> = new Set(['bandPass', 'draw', 'auxiliary', 'turns', 'windows']);

/**
 * Numbers, flags and words that the help lists are published; texts of a person's own (paths, labels of channels, names
 * of arrays) are not, but that the option was given is.
 */
export function publicCommand(settings: PretrainSettings): PublicCommand {
  const words: string[] = [];
  const withheld: string[] = [];
  const values = settings as unknown as Readonly<Record<string, unknown>>;
  for (const [name, option] of Object.entries(PRETRAIN_OPTIONS) as [string, Option<unknown>][]) {
    const value = values[name];
    const isDefault = JSON.stringify(value) === JSON.stringify(option.fallback);
    // With lengths one after the other the last stands for the one.
    const isSaid = name === 'window' && values.windows !== undefined;
    if (value === undefined || FREE_ON_RESUME.has(name) || isDefault || isSaid) continue;
    if (value === true) words.push(dashed(name));
    else if (isPublic(name, option, value))
      words.push(dashed(name), option.show ? option.show(value) : String(value));
    else withheld.push(dashed(name));
  }
  const recordings = settings.paths.length > 0 ? [RECORDINGS] : [];
  return { line: ['npx spotr pretrain', ...words, ...recordings].join(' '), withheld };
}

function isPublic(name: string, { value: placeholder = '' }: Option<unknown>, value: unknown): boolean {
  if (typeof value === 'number' || OF_OWN_WORDS.has(name)) return true;
  return typeof value === 'string' && placeholder.split('|').includes(value);
}
