import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MendableError } from '../commands/mendable.ts';

export interface StudyOptions {
  /** Folder of signals, laid out as `sources.ts` and `tasks.ts` expect. */
  readonly signals: string;
  readonly out: string;
  readonly steps: number;
  readonly batchSize: number;
  readonly lr: number;
  readonly seed: number;
  /** Probes on each encoder. */
  readonly seeds: number;
  readonly adapter: string;
  /** Say what would be run, and run nothing. */
  readonly dry: boolean;
}

export class StudyError extends MendableError {
  override readonly name = 'StudyError';
}

export const HELP = `Usage: npm run study -- [options]

Pretrains the small model three times on the same windows (SPOTR conditioned on the one token, on all tokens, and
flattened patches instead of the compactor), probes every labelled task with each, and writes bench/study/RESULTS.md.
Every step is a spotr command that is shown and can be run again by hand; what is complete is not done again.

  --signals DIR     folder of signals (or SPOTR_SIGNALS_DIR)
  --out DIR         where runs go (runs/study)
  --steps N         of each pretraining run (4000)
  --batch-size N    windows in a batch (8)
  --lr RATE         peak learning rate (5e-4)
  --seed N          of weights, batches and probes (1)
  --seeds N         probes on each encoder (5)
  --adapter NAME    auto, hardware, software or a part of an adapter's name
  --dry             show the commands, run none
  --help            this text`;

/** Undefined for --help. @throws StudyError that names the word and what there is. */
export function parseStudy(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): StudyOptions | undefined {
  const values = read(argv);
  if (values.help) return undefined;
  const signals = values.signals ?? environment.SPOTR_SIGNALS_DIR;
  if (!signals) throw new StudyError('There are no signals; give --signals DIR, or set SPOTR_SIGNALS_DIR.');
  const whole = (name: 'steps' | 'batch-size' | 'seed' | 'seeds', fallback: number, least = 1): number => {
    const value = values[name] === undefined ? fallback : Number(values[name]);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new StudyError(`--${name} is "${values[name]}", but must be a whole number of at least ${least}.`);
  };
  const lr = values.lr === undefined ? 5e-4 : Number(values.lr);
  if (!(lr > 0 && lr <= 1))
    throw new StudyError(`--lr is "${values.lr}", but must be a number over 0 and at most 1.`);
  return {
    signals: resolve(signals),
    out: values.out ?? 'runs/study',
    steps: whole('steps', 4000),
    batchSize: whole('batch-size', 8),
    lr,
    seed: whole('seed', 1, 0),
    seeds: whole('seeds', 5),
    adapter: values.adapter ?? 'auto',
    dry: values.dry,
  };
}

function read(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    const options = { signals: text, out: text, steps: text, 'batch-size': text, lr: text, seed: text };
    return parseArgs({
      args: [...argv],
      options: { ...options, seeds: text, adapter: text, dry: flag, help: { ...flag, short: 'h' } },
    }).values;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StudyError(`${reason} (npm run study -- --help lists the options)`, { cause });
  }
}
