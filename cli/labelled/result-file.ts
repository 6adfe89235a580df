/** `result.json`: what a run was asked and what came of it, for people, for `report` and for `--config`. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { numbersBack } from '../../model/index.ts';
import type { TableRow } from '../../workflows/labelled/outcome.ts';
import type { GroupNoun } from '../../workflows/labelled/task.ts';
import { CommandError, UsageError } from '../errors.ts';
import { readText } from '../files.ts';
import { type OptionTable, type Parsed, readKept, type Values } from '../options.ts';
import { RUN_FILES } from '../run-folder.ts';
import type { Row } from '../text.ts';

export interface ResultTable {
  readonly title: string;
  readonly rows: readonly TableRow[];
  /** What is not in it, and why. */
  readonly notes?: readonly string[];
}

export interface Result {
  /** Version of spotr. */
  readonly spotr: string;
  readonly verb: string;
  readonly adapter: string;
  /** Every option as it was, and the recordings (`paths`). */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The weights that it began from, and their SHA-256. */
  readonly weights: string;
  readonly classes: readonly string[];
  /** Of two classes the one that AUPRC and ROC curves are of; null where each is looked for. Absent in files of earlier versions. */
  readonly positive?: string | null;
  /** What intervals resample. Absent in files of earlier versions. */
  readonly groups?: GroupNoun;
  /** How its probes were trained, in words. Absent where there are none, and in files of earlier versions. */
  readonly protocol?: string;
  readonly task: readonly Row[];
  readonly tables: readonly ResultTable[];
  readonly verdict: readonly string[];
  readonly seconds: number;
}

/** A list of numbers alone, a line each. Strings of JSON have no line breaks, so none is taken for one. */
const NUMBERS = /\[\n(?: *(?:null|[-+.e\d]+),?\n)+ *\]/g;

/** JSON has no NaN: where a number tells nothing there is null. A list of numbers takes one line. */
export function encodeResult(result: Result): string {
  return `${JSON.stringify(result, null, 1).replace(NUMBERS, (list) => list.replace(/\s+/g, ''))}\n`;
}

/** @throws CommandError for a file that is none. */
export function readResult(path: string): Result {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const file = isFolder ? join(path, RUN_FILES.result) : path;
  if (!existsSync(file))
    throw new CommandError(
      `${path}: ${isFolder ? `the folder has no ${RUN_FILES.result}` : 'there is no such file or folder'}; give that of a run of probe, fewshot or finetune.`,
    );
  let value: unknown;
  try {
    value = JSON.parse(readText(file), numbersBack);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${file}: is not JSON; give the ${RUN_FILES.result} of a run.`);
  }
  const { verb, settings, tables } = (value ?? {}) as Partial<Result>;
  if (typeof verb === 'string' && settings && Array.isArray(tables)) return value as Result;
  throw new CommandError(`${file}: lacks verb, settings or tables; give the ${RUN_FILES.result} of a run.`);
}

/** Settings that say where to, not what. */
const NOT_KEPT: ReadonlySet<string> = new Set(['out', 'overwrite', 'config', 'adapter', 'quiet', 'offline']);

/** What a verb makes of settings that are not plain values. */
export interface KeptSettings {
  /** What files of earlier versions, which do not say it, mean. */
  readonly before?: Readonly<Record<string, unknown>>;
  /** Where the first is given on the command line, the others of the file are of another and go. */
  readonly follow?: readonly [leader: string, ...others: string[]];
}

/** The command line as it would be spelled out in full with the settings of `--config`; what is given itself wins. */
export function withConfig<Table extends OptionTable>(
  verb: string,
  command: Parsed<Table>,
  table: Table,
  { before = {}, follow: [leader, ...others] = [''] }: KeptSettings = {},
): Parsed<Table> {
  const path = (command.values as { readonly config?: string }).config;
  if (path === undefined) return command;
  const { verb: other, settings: kept } = readResult(path);
  if (other !== verb)
    throw new UsageError(
      `--config is of a run of ${other}, not of ${verb}; write spotr ${other} --config ${path}.`,
    );
  const settings: Record<string, unknown> = { ...before, ...kept };
  if (leader && command.given.has(leader)) for (const name of others) delete settings[name];
  const values: Record<string, unknown> = { ...command.values };
  for (const [name, option] of Object.entries(table)) {
    if (NOT_KEPT.has(name) || command.given.has(name) || settings[name] === undefined) continue;
    const value = readKept(option, settings[name]);
    if (value === undefined)
      throw new CommandError(
        `${path}: has ${name} ${JSON.stringify(settings[name])}, which must be ${option.expected}; correct it.`,
      );
    values[name] = value;
  }
  const { paths } = settings;
  const named = Array.isArray(paths) ? paths.map(String) : [];
  const positionals = command.positionals.length > 0 ? command.positionals : named;
  return { ...command, values: values as Values<Table>, positionals };
}
