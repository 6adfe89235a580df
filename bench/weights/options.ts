import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MendableError } from '../commands/mendable.ts';

export const BUNDLED_SIZES = ['tiny', 'small'] as const;
export type BundledSize = (typeof BUNDLED_SIZES)[number];

/** Updates where the command line says nothing. */
export const STEPS: Readonly<Record<BundledSize, number>> = { tiny: 6000, small: 6000 };

export interface MakeOptions {
  /** Folder of signals, laid out as `sources.ts` expects. */
  readonly signals: string;
  readonly sizes: readonly BundledSize[];
  /** Of both sizes; undefined for the default of each. */
  readonly steps: number | undefined;
  /** Where the folders of weights go. */
  readonly out: string;
  /** Where the manifest and the runs go. */
  readonly runs: string;
  readonly adapter: string;
  /** Say what would be run, and run nothing. */
  readonly dry: boolean;
}

export const HELP = `Usage: npm run weights -- [options]

Trains the weights that ship with the package and publishes them into weights/tiny and weights/small: on generated signals
and on recordings whose licences allow that (bench/weights/sources.ts). Scans, trainings and publications are spotr
commands that are shown and can be run again by hand; the program divides the manifest by subject between them. What is complete is not done again, what was interrupted goes on.

  --signals DIR     folder of signals (or SPOTR_SIGNALS_DIR)
  --size tiny|small one of them alone
  --steps N         of training (tiny ${STEPS.tiny}, small ${STEPS.small})
  --out DIR         where the folders of weights go (weights)
  --runs DIR        where the manifest and the runs go (runs/weights)
  --adapter NAME    auto, hardware, software or a part of an adapter's name
  --dry             show the commands, run none
  --help            this text`;

/** Undefined for --help. @throws MendableError that names the word and what there is. */
export function parseMake(argv: readonly string[], environment: NodeJS.ProcessEnv): MakeOptions | undefined {
  const values = read(argv);
  if (values.help) return undefined;
  const signals = values.signals ?? environment.SPOTR_SIGNALS_DIR;
  if (!signals)
    throw new MendableError('There are no signals; give --signals DIR, or set SPOTR_SIGNALS_DIR.');
  const size = BUNDLED_SIZES.find((name) => name === values.size);
  if (values.size !== undefined && !size)
    throw new MendableError(`--size is "${values.size}", but must be one of ${BUNDLED_SIZES.join(', ')}.`);
  const steps = values.steps === undefined ? undefined : Number(values.steps);
  if (steps !== undefined && !(Number.isSafeInteger(steps) && steps >= 1))
    throw new MendableError(`--steps is "${values.steps}", but must be a whole number of at least 1.`);
  return {
    signals: resolve(signals),
    sizes: size ? [size] : BUNDLED_SIZES,
    steps,
    out: values.out ?? 'weights',
    runs: values.runs ?? 'runs/weights',
    adapter: values.adapter ?? 'auto',
    dry: values.dry,
  };
}

function read(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    const options = { signals: text, size: text, steps: text, out: text, runs: text, adapter: text };
    return parseArgs({ args: [...argv], options: { ...options, dry: flag, help: { ...flag, short: 'h' } } })
      .values;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MendableError(`${reason} (npm run weights -- --help lists the options)`, { cause });
  }
}
