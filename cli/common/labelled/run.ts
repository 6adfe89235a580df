/** What probe, fewshot and finetune have in common: a task, an encoder, a table, a folder. */

import { resolve } from 'node:path';
import { type Engine, openEngine } from '../../../engine/index.ts';
import { type GroupNoun, groupNoun, rowsOf, type Task } from '../../../workflows/labelled/task.ts';
import { cautionInWords, cautionOf, verdict, verdicts } from '../../../workflows/labelled/verdict.ts';
import type { Say } from '../../../workflows/progress.ts';
import { UsageError } from '../errors.ts';
import { INTERRUPTED } from '../interrupt.ts';
import {
  helpText,
  type OptionTable,
  parseOptions,
  toFields,
  type Values,
  type VerbHelp,
} from '../options.ts';
import { RUN_FILES, RunFolder } from '../run/run-folder.ts';
import { print, printRows } from '../terminal.ts';
import { columns, nearPaths, type Row, wrap } from '../text.ts';
import { version } from '../version.ts';
import { chosenWeights } from '../weights/bundled.ts';
import { checkShapes } from '../weights/check-shapes.ts';
import { type FoundEncoder, readEncoder } from '../weights/encoder.ts';
import { wholeWord } from '../weights/resolve.ts';
import { seenRows } from '../weights/seen-recordings.ts';
import { type Filters, filteredAsTrained } from '../weights/trained-on.ts';
import { WorkProgress } from '../work-progress.ts';
import { labelledTask } from './load-task.ts';
import type { LabelledValues } from './options.ts';
import { resultPage } from './page.ts';
import { encodeResult, type KeptSettings, type Result, type ResultTable, withConfig } from './result-file.ts';
import { resultTable } from './table.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** What a verb works with. */
export interface Job<V> {
  readonly engine: Engine;
  readonly found: FoundEncoder;
  readonly task: Task;
  /** With the filters that the weights were trained with where the command line says nothing. */
  readonly values: V & Filters;
  readonly folder: RunFolder;
  /** Says what is under way, where somebody looks on. */
  readonly say: Say;
}

export interface LabelledVerb<Table extends OptionTable> {
  readonly name: string;
  readonly help: VerbHelp;
  readonly options: Table;
  readonly kept?: KeptSettings;
  /** How its probes are trained, in words. */
  readonly protocol?: (values: Values<Table>) => string;
  readonly work: (job: Job<Values<Table>>) => Promise<readonly ResultTable[]>;
}

/** Runs a verb from its command line to its folder. Returns the exit code. */
export async function runLabelled<Table extends OptionTable>(
  verb: LabelledVerb<Table>,
  argv: readonly string[],
): Promise<number> {
  const parsed = parseOptions(argv, verb.options);
  if (parsed.help) {
    print(helpText(verb.help, columns()));
    return 0;
  }
  const { values: asked, positionals } = withConfig(verb.name, parsed, verb.options, verb.kept);
  const { weights: named, offline, heads, overwrite, out, quiet } = asked as unknown as LabelledValues;
  if (positionals.length === 0)
    throw new UsageError(`${verb.name} needs labelled windows: a manifest, a table or synthetic:eyes.`);
  if (overwrite && out === undefined)
    throw new UsageError('--overwrite needs --out DIR, the folder of the run to replace.');
  const started = performance.now();
  const chosen = chosenWeights(named);
  const weights = wholeWord(chosen.word);
  const found = await readEncoder(weights, heads, { offline });
  const values = filteredAsTrained(asked, found.trained);
  const common = values as unknown as LabelledValues;
  const paths = positionals.map((path) => (path.startsWith('synthetic:') ? path : resolve(path)));
  const progress = new WorkProgress(quiet);
  const { task, rows: taskRows } = await labelledTask(paths, common, found.trained, progress.say);
  progress.clear();
  checkShapes(task.recordings, found.config);
  const folder = RunFolder.open({
    verb: verb.name,
    out,
    mode: overwrite ? 'overwrite' : 'new',
    resumable: false,
  });
  // Ctrl-C leaves nothing half-done: what is written is written at the end.
  const stop = () => {
    folder.discard();
    process.exit(INTERRUPTED);
  };
  for (const signal of SIGNALS) process.once(signal, stop);
  let engine: Engine | undefined;
  try {
    engine = await openEngine(common.adapter === 'auto' ? {} : { adapter: common.adapter });
    const adapter = engine.device.description;
    const protocol = verb.protocol?.(asked);
    const facts: Row[] = [
      ['adapter', adapter],
      ['weights', found.description],
      ...seenRows(
        found.path,
        task.recordings.map(({ name }) => name),
      ),
      ...chosen.rows,
      ...taskRows,
      ...(protocol === undefined ? [] : [['probe', protocol] as const]),
    ];
    if (!quiet) printRows(facts);
    const tables = await verb.work({ engine, found, task, values, folder, say: progress.say });
    progress.clear();
    const caution = cautionInWords(cautionOf(task, tables, common));
    const noun = groupNoun(task, rowsOf(task, 'test'));
    const labels = common.labels === undefined ? {} : { labels: resolve(common.labels) };
    const result: Result = {
      spotr: version(),
      verb: verb.name,
      adapter,
      settings: toFields(verb.options, {
        ...settingsOf(asked),
        ...keptFilters(values),
        ...labels,
        weights,
        paths,
      }),
      weights: found.description,
      classes: task.classes,
      positive: task.positive?.name ?? null,
      groups: noun,
      ...(protocol !== undefined && { protocol }),
      task: taskRows,
      tables,
      verdict: [...verdicts(tables, noun), ...caution],
      seconds: Math.round((performance.now() - started) / 100) / 10,
    };
    show(tables, caution, noun);
    leave(folder, result);
    return 0;
  } catch (error) {
    folder.discard();
    throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
    engine?.dispose();
  }
}

/** Whether progress was shown is no setting of the result. */
function settingsOf<V extends object>(asked: V): Omit<V, 'quiet'> {
  const { quiet: _, ...settings } = asked as V & { quiet?: boolean };
  return settings;
}

/** Filters of the weights go along, and a "none" of the command line stays one. */
function keptFilters({ bandPass, detrend }: Filters) {
  return { ...(bandPass && { bandPass }), ...(detrend && { detrend }) };
}

function show(tables: readonly ResultTable[], caution: readonly string[], noun: GroupNoun): void {
  for (const table of tables) {
    print('');
    for (const line of resultTable(table.title, table.rows, noun)) print(`  ${line}`);
    print('');
    printText(verdict(table, noun));
  }
  if (caution.length === 0) return;
  print('');
  printText(caution);
}

function printText(sentences: readonly string[]): void {
  for (const line of wrap(sentences.join(' '), columns() - 2)) print(`  ${line}`);
}

function leave(folder: RunFolder, result: Result): void {
  if (!folder.begun) folder.begin();
  folder.write(RUN_FILES.report, resultPage(result));
  folder.write(RUN_FILES.result, encodeResult(result));
  const path = nearPaths(resolve(folder.path));
  print(`\n  In ${path}: report.html shows it; to repeat it: spotr ${result.verb} --config ${path}`);
}
