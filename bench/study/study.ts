/** All of it, in order; what is complete is not done again. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spotrCommands } from '../commands/spotr.ts';
import { commitName } from '../results-file.ts';
import { makeManifest } from './manifest.ts';
import { HELP, parseStudy } from './options.ts';
import { pretrainVariant, trainedRun, VARIANTS } from './pretrain.ts';
import { probeFolder, probeTask, readProbe } from './probe.ts';
import { studyMarkdown } from './report.ts';
import { TASKS } from './tasks.ts';

const RESULTS = fileURLToPath(new URL('RESULTS.md', import.meta.url));

/** Returns the exit code. */
export async function study(argv: readonly string[]): Promise<number> {
  const options = parseStudy(argv, process.env);
  if (!options) {
    console.log(HELP);
    return 0;
  }
  const { out, signals, dry } = options;
  const spotr = spotrCommands({ log: join(out, 'commands.sh'), dry, program: 'npm run study' });
  const manifest = join(out, 'manifest.jsonl');
  await makeManifest(manifest, { signals, dry, spotr });
  for (const variant of VARIANTS) await pretrainVariant(variant, options, manifest, spotr);
  for (const task of TASKS) for (const variant of VARIANTS) await probeTask(task, variant, options, spotr);
  if (dry) return 0;
  const text = studyMarkdown({
    options,
    commit: commitName(),
    runs: VARIANTS.map((variant) => ({ variant, run: trainedRun(join(out, variant.name)) })),
    tasks: TASKS.map((task) => ({
      task,
      results: VARIANTS.map((variant) => ({
        variant,
        result: readProbe(join(probeFolder(out, task, variant), 'result.json')),
      })),
    })),
  });
  writeFileSync(RESULTS, text);
  console.log(`\nWritten to ${RESULTS}.`);
  return 0;
}
