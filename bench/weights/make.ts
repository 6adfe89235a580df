/** The weights that ship, from recordings to the published folder; what is complete is not done again. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadManifest } from '../../cli/common/recordings.ts';
import { pretrainOnce } from '../commands/pretrain.ts';
import { dividedEntries, keptEntries, scanInto } from '../commands/recordings.ts';
import { type Spotr, spotrCommands } from '../commands/spotr.ts';
import { dataInWords } from './data-in-words.ts';
import { type BundledSize, HELP, type MakeOptions, parseMake, STEPS } from './options.ts';
import { GENERATED, SOURCES } from './sources.ts';

/** Returns the exit code. */
export async function makeWeights(argv: readonly string[]): Promise<number> {
  const options = parseMake(argv, process.env);
  if (!options) {
    console.log(HELP);
    return 0;
  }
  const { runs, signals, dry } = options;
  const spotr = spotrCommands({ log: join(runs, 'commands.sh'), dry, program: 'npm run weights' });
  const manifest = join(runs, 'manifest.jsonl');
  await scanInto(manifest, { sources: SOURCES, signals, dry, spotr }, ({ entries, skipped }) => ({
    entries: [...dividedEntries(keptEntries(entries, SOURCES)), ...GENERATED],
    skipped,
  }));
  for (const size of options.sizes) await makeOne(size, options, manifest, spotr);
  return 0;
}

/** Trains and publishes one size. */
export async function makeOne(
  size: BundledSize,
  { out, runs, steps = STEPS[size], adapter }: MakeOptions,
  manifest: string,
  spotr: Spotr,
): Promise<void> {
  const folder = join(runs, size);
  const settings = {
    ...{ size, recipe: 'quick', draw: '2' },
    ...{ steps: String(steps), 'batch-size': '16', seed: '1' },
  };
  await pretrainOnce({ folder, settings, more: [manifest], adapter }, spotr);
  const target = join(out, size);
  const again = `npm run weights -- --signals DIR --size ${size} --steps ${steps}`;
  // The same run gives the same bytes, so publishing it again changes nothing.
  await spotr(
    ...['publish', folder, '--out', target, '--license', 'mit', '--precision', 'f16'],
    ...['--title', `SPOTR, ${size}, as it ships with spotr-webgpu`],
    ...[
      '--data',
      existsSync(manifest) ? dataInWords(loadManifest(manifest).entries, again) : '(from the manifest)',
    ],
    '--name-data-sets',
    '--overwrite',
  );
}
