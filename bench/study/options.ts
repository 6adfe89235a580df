import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StudyError } from './error.ts';
import { SIGNALS } from './reconstruction/signals.ts';
import { TASKS } from './tasks.ts';

/** What every plan takes. */
export interface StudyOptions {
  /** Folder of signals, laid out as `sources.ts` and `tasks.ts` expect. */
  readonly signals: string;
  readonly out: string;
  readonly adapter: string;
  /** Say what would be run, and run nothing. */
  readonly dry: boolean;
  /** Write the results of what is complete, and run nothing. */
  readonly reportOnly: boolean;
  /** Where results go; by default beside this file. */
  readonly report: string | undefined;
  /** Of the names of `TASKS`. */
  readonly tasks: readonly string[];
  readonly plan: RecipesOptions | KindsOptions | ReconstructionOptions | AblationOptions;
}

/** Of plans that train each size from several seeds. */
interface SizesOptions {
  readonly sizes: readonly Size[];
  /** Of pretraining; a probe is of the same. */
  readonly seeds: readonly number[];
  readonly batchSize: number;
}

export interface RecipesOptions extends SizesOptions {
  readonly name: 'recipes';
  readonly steps: Steps;
  readonly recipes: readonly Recipe[];
}

export interface KindsOptions extends SizesOptions {
  readonly name: 'kinds';
  readonly steps: Steps;
}

export interface ReconstructionOptions extends SizesOptions {
  readonly name: 'reconstruction';
  /** In place of what each of `SIGNALS` takes. */
  readonly steps: Partial<Steps>;
  /** Of the names of `SIGNALS`. */
  readonly kinds: readonly string[];
}

export interface AblationOptions {
  readonly name: 'ablation';
  readonly steps: number;
  readonly batchSize: number;
  readonly lr: number;
  readonly seed: number;
  /** Probes on each encoder. */
  readonly seeds: number;
}

const PLANS = ['recipes', 'kinds', 'reconstruction', 'ablation'] as const;
export const SIZES = ['tiny', 'small'] as const;
export type Size = (typeof SIZES)[number];
type Steps = Readonly<Record<Size, number>>;
export const RECIPES = ['paper', 'quick'] as const;
export type Recipe = (typeof RECIPES)[number];

const RECIPES_STEPS: Steps = { tiny: 3000, small: 1500 };
const shownSteps = (steps: Steps): string => SIZES.map((size) => `${size}:${steps[size]}`).join();

export const HELP = `Usage: npm run study -- [options]

Does a token read? Pretrains encoders, probes every labelled task with each, and writes what came of it beside its code.
Scans, trainings and probes are spotr commands that are shown and can be run again by hand (between scans and trainings the
program divides the manifest by subject); what is complete is not done again.

  --signals DIR     folder of signals (or SPOTR_SIGNALS_DIR)
  --out DIR         where runs go (runs/study)
  --plan NAME       recipes: by size, recipe and seed of pretraining, to bench/study/RESULTS.md (the default)
                    kinds: a model for each kind of signals beside one for all, by size and seed, to
                    bench/study/KINDS.md
                    reconstruction: how much of one kind of signal is given back, by size, kind and seed, to
                    bench/study/RECONSTRUCTION.md; nothing is probed
                    ablation: small, conditioned on the one token, on all tokens, and flattened patches instead of the
                    compactor, to bench/study/ABLATION.md
  --tasks LIST      a part of the tasks: ${TASKS.map(({ name }) => name).join(',')}
  --adapter NAME    auto, hardware, software or a part of an adapter's name
  --report FILE     where the results go instead
  --report-only     run nothing; write the results of what is complete
  --dry             show the commands, run none
  --help            this text

Of recipes, kinds and reconstruction:
  --sizes LIST      ${SIZES.join(',')}
  --seeds LIST      of pretraining, each with a probe of the same seed (1,2,3)
  --steps LIST      of each pretraining run (${shownSteps(RECIPES_STEPS)}; of reconstruction by kind)
  --batch-size N    windows in a batch (16)
  --recipes LIST    of recipes alone: ${RECIPES.join(',')}
  --kinds LIST      of reconstruction alone: ${SIGNALS.map(({ name }) => name).join(',')}

Of ablation:
  --steps N         of each pretraining run (4000)
  --batch-size N    windows in a batch (8)
  --lr RATE         peak learning rate (5e-4)
  --seed N          of weights, batches and probes (1)
  --seeds N         probes on each encoder (5)`;

/** Undefined for --help. @throws StudyError that names the word and what there is. */
export function parseStudy(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): StudyOptions | undefined {
  const values = read(argv);
  if (values.help) return undefined;
  if (values.dry && values['report-only'])
    throw new StudyError('--dry shows what would be run, and --report-only runs nothing; give one of them.');
  const signals = values.signals ?? environment.SPOTR_SIGNALS_DIR;
  if (!signals && !values['report-only'])
    throw new StudyError('There are no signals; give --signals DIR, or set SPOTR_SIGNALS_DIR.');
  const [name] = listOf('plan', values.plan ?? 'recipes', PLANS);
  if (name === 'reconstruction') refuse(values, ['tasks'], 'recipes');
  return {
    signals: resolve(signals ?? ''),
    out: values.out ?? 'runs/study',
    adapter: values.adapter ?? 'auto',
    dry: values.dry,
    reportOnly: values['report-only'],
    report: values.report,
    tasks: listOf(
      'tasks',
      values.tasks,
      TASKS.map((task) => task.name),
    ),
    plan: optionsOf(name, values),
  };
}

type Words = ReturnType<typeof read>;

function optionsOf(name: (typeof PLANS)[number] | undefined, values: Words): StudyOptions['plan'] {
  if (name === 'ablation') return ablationOptions(values);
  refuse(values, ['lr', 'seed'], 'ablation');
  if (name === 'reconstruction') {
    refuse(values, ['recipes'], 'recipes');
    const all = SIGNALS.map((signals) => signals.name);
    const kinds = listOf('kinds', values.kinds, all);
    return { name, kinds, steps: stepsOf(values.steps), ...sizesOptions(values) };
  }
  refuse(values, ['kinds'], 'reconstruction');
  const trained = { steps: { ...RECIPES_STEPS, ...stepsOf(values.steps) }, ...sizesOptions(values) };
  if (name === 'kinds') {
    refuse(values, ['recipes'], 'recipes');
    return { name, ...trained };
  }
  return { name: 'recipes', recipes: listOf('recipes', values.recipes, RECIPES), ...trained };
}

function sizesOptions(values: Words): SizesOptions {
  return {
    sizes: listOf('sizes', values.sizes, SIZES),
    seeds: unlike('seeds', values.seeds ?? '1,2,3').map((seed) => whole('seeds', seed, 0)),
    batchSize: whole('batch-size', values['batch-size'] ?? '16'),
  };
}

function ablationOptions(values: Words): AblationOptions {
  refuse(values, ['sizes', 'recipes'], 'recipes');
  refuse(values, ['kinds'], 'reconstruction');
  const lr = Number(values.lr ?? 5e-4);
  if (!(lr > 0 && lr <= 1))
    throw new StudyError(`--lr is "${values.lr}", but must be a number over 0 and at most 1.`);
  return {
    name: 'ablation',
    steps: whole('steps', values.steps ?? '4000'),
    batchSize: whole('batch-size', values['batch-size'] ?? '8'),
    lr,
    seed: whole('seed', values.seed ?? '1', 0),
    seeds: whole('seeds', values.seeds ?? '5'),
  };
}

function refuse(values: Words, names: readonly (keyof Words)[], plan: string): void {
  const given = names.find((name) => values[name] !== undefined);
  if (given) throw new StudyError(`--${given} is of --plan ${plan}; leave it out, or give that plan.`);
}

function whole(name: string, text: string, least = 1): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new StudyError(`--${name} has "${text}", but must be a whole number of at least ${least}.`);
}

/** Parts between commas. @throws StudyError where one is there twice. */
function unlike(name: string, text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  const twice = parts.find((part, i) => parts.indexOf(part) !== i);
  if (twice !== undefined) throw new StudyError(`--${name} has "${twice}" twice; give each once.`);
  return parts;
}

/** In the order of `all`, which is what nobody narrows. */
function listOf<Name extends string>(
  name: string,
  text: string | undefined,
  all: readonly Name[],
): readonly Name[] {
  if (text === undefined) return all;
  const parts = unlike(name, text);
  const other = parts.find((part) => !all.some((one) => one === part));
  if (other !== undefined) throw new StudyError(`--${name} has "${other}"; there are ${all.join(', ')}.`);
  return all.filter((one) => parts.includes(one));
}

/** `tiny:3000,small:1500`, or a part of it. */
function stepsOf(text: string | undefined): Partial<Record<Size, number>> {
  if (text === undefined) return {};
  const pairs = unlike('steps', text).map((part) => part.split(':') as [string, string?]);
  listOf('steps', pairs.map(([size]) => size).join(), SIZES);
  return Object.fromEntries(pairs.map(([size, steps = '']) => [size, whole('steps', steps)]));
}

function read(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    const texts = { signals: text, out: text, plan: text, tasks: text, adapter: text, report: text };
    const bySize = { sizes: text, recipes: text, kinds: text, seeds: text, steps: text, 'batch-size': text };
    const ofAblation = { lr: text, seed: text };
    const flags = { 'report-only': flag, dry: flag, help: { ...flag, short: 'h' } };
    return parseArgs({ args: [...argv], options: { ...texts, ...bySize, ...ofAblation, ...flags } }).values;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StudyError(`${reason} (npm run study -- --help lists the options)`, { cause });
  }
}
