/** All of it, in order; what is complete is not done again. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { groupBy } from '../../data/index.ts';
import { CommandFailed, type Spotr, spotrCommands } from '../commands/spotr.ts';
import { commitName } from '../results-file.ts';
import { ablationPlan } from './ablation/plan.ts';
import { StudyError } from './error.ts';
import { kindsPlan } from './kinds/plan.ts';
import { makeManifest, makePart } from './manifest.ts';
import { HELP, parseStudy, type ReconstructionOptions, type StudyOptions } from './options.ts';
import { type Plan, type Study, tasksOf } from './plan.ts';
import { pretrainVariant, trainedRun } from './pretrain.ts';
import { probed, probeTask } from './probe.ts';
import { recipesPlan } from './recipes/plan.ts';
import { reconstructionPlan } from './reconstruction/plan.ts';
import { type StudyTask, TASKS } from './tasks.ts';

/** Returns the exit code: 1 where a command failed. `spotr` runs its commands. */
export async function study(argv: readonly string[], spotr?: Spotr): Promise<number> {
  const options = parseStudy(argv, process.env);
  if (!options) {
    console.log(HELP);
    return 0;
  }
  const { out, dry, reportOnly } = options;
  const plan = planOf(options);
  const commands = spotr ?? spotrCommands({ log: join(out, 'commands.sh'), dry, program: 'npm run study' });
  const failed = reportOnly ? [] : await runAll(plan, options, commands);
  for (const message of failed) console.error(message);
  if (dry) return 0;
  const found = complete(plan, options);
  if (found.runs.length === 0)
    throw new StudyError(
      `There is no complete training of ${plan.variants.map(({ name }) => name).join(', ')} in ${join(out, 'runs')}; run the study without --report-only, or give another --out.`,
    );
  const file = options.report ?? fileURLToPath(new URL(plan.results, import.meta.url));
  writeFileSync(file, plan.write(found));
  console.log(`\nWritten to ${file}.`);
  return failed.length > 0 ? 1 : 0;
}

export function planOf({ plan, tasks: names }: Pick<StudyOptions, 'plan' | 'tasks'>): Plan {
  if (plan.name === 'reconstruction') return reconstructionPlan(plan);
  const tasks = TASKS.filter(({ name }) => names.includes(name));
  const found = readingPlan(plan, tasks);
  return names.length === TASKS.length ? found : { ...found, words: [...found.words, `--tasks ${names}`] };
}

function readingPlan(
  plan: Exclude<StudyOptions['plan'], ReconstructionOptions>,
  tasks: readonly StudyTask[],
) {
  if (plan.name === 'ablation') return ablationPlan(plan, tasks);
  return plan.name === 'kinds' ? kindsPlan(plan, tasks) : recipesPlan(plan, tasks);
}

/** Runs what is not complete. Returns what is to be said of commands that failed: the others do not wait for them. */
async function runAll(plan: Plan, options: StudyOptions, spotr: Spotr): Promise<string[]> {
  const { out, signals, dry } = options;
  const { probeSeeds } = plan;
  const manifest = join(out, 'manifest.jsonl');
  await makeManifest(manifest, { signals, dry, spotr });
  const failed: string[] = [];
  const attempt = async (step: Promise<void>) => {
    try {
      await step;
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      failed.push(error.message);
    }
  };
  for (const variant of plan.variants) {
    const data = variant.part ? makePart(manifest, variant.part, options) : manifest;
    await attempt(pretrainVariant(variant, options, data, spotr));
    if (!dry && !trainedRun(variant, out)) continue;
    for (const task of tasksOf(plan, variant))
      await attempt(probeTask(task, variant, { ...options, probeSeeds }, spotr));
  }
  return failed;
}

/** What is there of a plan: probes of what was not trained to the end are not looked at. */
function complete(plan: Plan, { out }: StudyOptions): Study {
  const runs = plan.variants.flatMap((variant) => {
    const run = trainedRun(variant, out);
    return run ? [{ variant, run }] : [];
  });
  for (const alike of groupBy(runs, ({ variant }) => variant.part?.name ?? '').values()) {
    const data = [...new Set(alike.map(({ run }) => run.paths.join(' ')))];
    if (data.length > 1)
      throw new StudyError(
        `The trainings in ${join(out, 'runs')} are of different data (${data.join('; ')}), so they cannot be compared; train them again on one manifest.`,
      );
  }
  const tasks = plan.tasks.flatMap((task) => {
    const own = runs.filter(({ variant }) => tasksOf(plan, variant).includes(task));
    const results = own.flatMap(({ variant }) => {
      const result = probed(task, variant, { out, probeSeeds: plan.probeSeeds });
      return result ? [{ variant, result }] : [];
    });
    return results.length > 0 ? [{ task, results }] : [];
  });
  return { plan, commit: commitName(), runs, tasks };
}
