import { existsSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { shellQuote } from '../../../data/index.ts';
import { CommandError } from '../errors.ts';
import { INTERRUPTED, onInterrupt } from '../interrupt.ts';
import type { Values } from '../options.ts';
import { print, printError, printRows } from '../terminal.ts';
import { columns, definitionList, nearPaths, plural, wrap } from '../text.ts';
import { type ChosenWeights, chosenWeights } from '../weights/bundled.ts';
import { readEncoder } from '../weights/encoder.ts';
import { seenRows } from '../weights/seen-recordings.ts';
import { cutAsTrained, cutInWords, kindsUsed, trainedRows } from '../weights/trained-on.ts';
import { differences, NOTICE } from './facts.ts';
import { Journal } from './journal.ts';
import type { EMBED_OPTIONS } from './options.ts';
import { EmbedProgress, showSpeed } from './progress.ts';
import { readFacts } from './read.ts';
import { findRecordings, kindsIn, rowsAfter, rowsBefore } from './recordings.ts';
import { type EmbedJob, factsOf, keptIn, type RunObserver, type RunResult, runEmbedding } from './run.ts';
import { shardFrom } from './shards.ts';
import { requireFree, type Target, targetOf } from './target.ts';

export interface EmbedCommand {
  readonly asked: Values<typeof EMBED_OPTIONS> & { readonly out: string };
  /** Names of the options that were spelled out. */
  readonly given: ReadonlySet<string>;
  readonly positionals: readonly string[];
  /** The command line that goes on after an interruption, from the verb on. */
  readonly line: readonly string[];
  /** Whether a file of the same recordings, weights and options is taken as it is. */
  readonly keeps?: boolean;
  /** Nothing is said but what goes wrong. */
  readonly quiet?: boolean;
}

/** The same for other verbs that begin with vectors. */
export async function embedInto({
  asked,
  given,
  positionals,
  line,
  keeps = false,
  quiet = false,
}: EmbedCommand): Promise<number> {
  const shard = asked.shard === 'auto' ? shardFrom(process.env) : asked.shard;
  const target = targetOf(asked.out, shard);
  if (!asked.overwrite && !shard && !keeps) requireFree(target);
  const paths = positionals.map((path) => resolve(path));
  const chosen = chosenWeights(asked.weights);
  const weights = await readEncoder(chosen.word, asked.heads, asked);
  const values = cutAsTrained(asked, weights.trained);
  const found = await findRecordings(paths, values, shard, weights.trained);
  const what = { target, found, weights, values, shard, paths };
  const say = (text: string) => (quiet ? undefined : print(text));
  if ((keeps || (shard && !values.overwrite)) && (await isDone(what))) {
    say(`  ${nearPaths(target.main)} already exists, of the same run; nothing to do.`);
    return 0;
  }
  const interrupt = onInterrupt(() => {
    printError(
      '\nStopping after this batch; finished embeddings are kept. Press Ctrl-C again to stop at once.',
    );
  });
  try {
    const kinds = kindsUsed(kindsIn(found), weights.trained, values);
    const windows = cutInWords(values, given.has('window'), weights.trained, kinds);
    const observer = quiet ? SILENT : tellingObserver(what, windows, chosen);
    const result = await runEmbedding({ ...what, signal: interrupt.signal, observer });
    if (result.whole) for (const text of finished(result, what)) say(text);
    else for (const text of interrupted(result, target, [...line, ...chosen.options])) print(text);
    return result.whole ? 0 : INTERRUPTED;
  } finally {
    interrupt.dispose();
  }
}

/**
 * Whether the same was written before.
 * @throws CommandError where what is there is something else, and is not to be replaced.
 */
async function isDone(what: EmbedJob): Promise<boolean> {
  const { main } = what.target;
  if (!existsSync(main)) return false;
  const unlike = differences((await readFacts(main)).facts, factsOf(what));
  if (unlike.length === 0) {
    // It may have been killed between giving the part its name and clearing up.
    const left = Journal.folderOf(main);
    if (Journal.isWhole(left)) rmSync(left, { recursive: true, force: true });
    return true;
  }
  if (what.values.overwrite) return false;
  throw new CommandError(
    `${main} already exists, of another run: ${unlike.join('; ')}. Give another --out, or --overwrite to replace it.`,
  );
}

const SILENT: RunObserver = { opened() {}, began() {}, batch() {}, ended() {} };

function tellingObserver(
  { found, weights, shard }: EmbedJob,
  windows: string,
  chosen: ChosenWeights,
): RunObserver {
  let progress: EmbedProgress | undefined;
  const began = performance.now();
  return {
    opened: (adapter) =>
      printRows([
        ...rowsBefore(found, shard),
        ['windows', windows],
        ['weights', weights.description],
        ...trainedRows(weights.trained),
        ...seenRows(
          weights.path,
          found.own.map(({ name }) => name),
        ),
        ...chosen.rows,
        ['adapter', adapter],
      ]),
    began(of, rows) {
      if (rows > 0)
        printRows([
          ['resumed', `${plural(rows, 'embedding')} of an earlier run ${rows === 1 ? 'is' : 'are'} kept`],
        ]);
      print('');
      progress = new EmbedProgress(process.stdout, of);
    },
    batch: (reached) => progress?.add({ ...reached, seconds: (performance.now() - began) / 1000 }),
    ended: () => progress?.dispose(),
  };
}

function finished(
  { rows, speed, outcomes, lost }: RunResult,
  { target, found, weights }: EmbedJob,
): string[] {
  const files = [target.main, ...target.beside].map(nearPaths).join(' and ');
  const pace = speed === undefined ? '' : `; ${showSpeed(speed)} windows/s`;
  return [
    ...definitionList(rowsAfter(found, outcomes, lost), 14, columns()),
    '',
    `  ${plural(rows, 'embedding')} of ${weights.config.encoderDim} values in ${files}${pace}.`,
    ...wrap(NOTICE, columns() - 2).map((line) => `  ${line}`),
  ];
}

function interrupted({ rows }: RunResult, target: Target, argv: readonly string[]): string[] {
  // Options begin with a dash on purpose.
  const quoted = argv.map((word) => (/^-[\w=./-]*$/.test(word) ? word : shellQuote(word)));
  const kept =
    rows > 0
      ? `after ${plural(rows, 'embedding')}; they are kept in ${keptIn(target)}`
      : 'before the first embedding';
  return ['', `Interrupted ${kept}. To resume:`, `  npx spotr ${quoted.join(' ')}`];
}
