/** What a study trains and probes, and how its results are written. */

import type { ManifestEntry, Modality } from '../../data/index.ts';
import type { ProbeResult, TrainedRun } from './outcomes.ts';
import type { StudyTask } from './tasks.ts';

/** One training, and the probes on it. */
export interface Variant {
  /** Of its folder. */
  readonly name: string;
  /** What it is where it is read, whatever its seed. */
  readonly title: string;
  /** What it is called where its training is reported, if that is another name. */
  readonly training?: string;
  readonly seed: number;
  /** Options of `spotr pretrain`, in the order of its command. */
  readonly pretrain: Readonly<Record<string, string>>;
  /** What it is trained on, where that is not all of the manifest. */
  readonly part?: ManifestPart;
  /** What it is probed on, where that is not every task. */
  readonly kind?: Modality;
}

/** Some lines of the study's manifest, as a manifest of its own. */
export interface ManifestPart {
  /** Of its file. */
  readonly name: string;
  /** The line as it stands there; undefined where it does not. */
  readonly lineOf: (entry: ManifestEntry) => ManifestEntry | undefined;
}

export interface Plan {
  /** File in this folder that the results go to. */
  readonly results: string;
  /** The options of `npm run study` that ask for it, spelled out. */
  readonly words: readonly string[];
  readonly variants: readonly Variant[];
  readonly tasks: readonly StudyTask[];
  /** Seeds of each probe. */
  readonly probeSeeds: number;
  readonly write: (study: Study) => string;
}

/** What is complete of a plan. */
export interface Study {
  readonly plan: Plan;
  readonly commit: string;
  readonly runs: readonly { readonly variant: Variant; readonly run: TrainedRun }[];
  readonly tasks: readonly { readonly task: StudyTask; readonly results: TaskResults }[];
}

/** Each variant's result on one task. */
export type TaskResults = readonly { readonly variant: Variant; readonly result: ProbeResult }[];

/** The tasks of a plan that a variant is probed on. */
export const tasksOf = ({ tasks }: Pick<Plan, 'tasks'>, { kind }: Variant): StudyTask[] =>
  tasks.filter((task) => kind === undefined || task.kind === kind);

/** Titles of variants of which there is a complete training, in the order of the plan. */
export const modelsOf = ({ plan, runs }: Pick<Study, 'plan' | 'runs'>): string[] =>
  [...new Set(plan.variants.map(({ title }) => title))].filter((title) =>
    runs.some(({ variant }) => variant.title === title),
  );

/** The command that makes the study again. */
export const commandOf = ({ plan, commit }: Study): string =>
  `Written by \`npm run study -- --signals DIR ${plan.words.join(' ')}\` at commit ${commit}; with \`--dry\` it shows the \`spotr\` command of each training${plan.tasks.length > 0 ? ' and probe' : ''}.`;

/** Which of what was asked for is there: nothing is said of the rest. */
export function coverage({ plan, runs, tasks: probed }: Study): string {
  const { variants } = plan;
  const isTrained = (variant: Variant) => runs.some((one) => one.variant === variant);
  const untrained = variants.filter((variant) => !isTrained(variant)).map(({ name }) => name);
  const unprobed = variants.filter(isTrained).flatMap((variant) => {
    const isProbed = (task: StudyTask) =>
      probed.some((one) => one.task === task && one.results.some((result) => result.variant === variant));
    const lacking = tasksOf(plan, variant).flatMap((task) => (isProbed(task) ? [] : [task.name]));
    return lacking.length > 0 ? [`${variant.name} on ${lacking.join(', ')}`] : [];
  });
  const count = probed.reduce((sum, { results }) => sum + results.length, 0);
  const all = variants.reduce((sum, variant) => sum + tasksOf(plan, variant).length, 0);
  const probes = all > 0 ? ` and ${count} of ${all} probes` : '';
  return [
    `There are ${runs.length} of ${variants.length} trainings${probes}.`,
    ...(untrained.length > 0 ? [`Not trained to the end: ${untrained.join(', ')}.`] : []),
    ...(unprobed.length > 0 ? [`Trained but not probed: ${unprobed.join('; ')}.`] : []),
  ].join(' ');
}
