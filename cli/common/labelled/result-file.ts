/** `result.json`: what a run was asked and what came of it, for people, for `report` and for `--config`. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { quoteValue } from '../../../base/quote.ts';
import { numbersBack } from '../../../evaluate/index.ts';
import type { TableRow } from '../../../workflows/labelled/outcome.ts';
import type { GroupNoun } from '../../../workflows/labelled/task.ts';
import { CommandError, UsageError } from '../errors.ts';
import { readText } from '../files.ts';
import { fromFields, type OptionTable, type Parsed, readKept, type Values } from '../options.ts';
import { RUN_FILES } from '../run/run-folder.ts';
import type { Row } from '../text.ts';
import { version } from '../version.ts';
import { METRIC_COLUMNS } from './table.ts';

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

/** JSON has no NaN: where a number is undefined there is null. A list of numbers takes one line. */
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
    // Where there is no positive class null is a word of its own.
    value = JSON.parse(readText(file), (key, each) => (key === 'positive' ? each : numbersBack(key, each)));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${file}: is not JSON; give the ${RUN_FILES.result} of a run.`);
  }
  const { verb, settings, tables } = (value ?? {}) as Partial<Result>;
  if (typeof verb === 'string' && settings && Array.isArray(tables)) return value as Result;
  throw new CommandError(`${file}: lacks verb, settings or tables; give the ${RUN_FILES.result} of a run.`);
}

/**
 * The same with all that its page shows.
 * @throws CommandError where some of that is missing or of another shape, as in a file that was edited or is of another version.
 */
export function readWholeResult(path: string): Result {
  const result = readResult(path);
  const invalid = invalidIn(result);
  if (invalid === undefined) return result;
  const { spotr = 'an unknown version', verb } = result as Partial<Result>;
  throw new CommandError(
    `${path}: its ${RUN_FILES.result}, of spotr ${spotr}, has no ${invalid} as spotr ${version()} writes it; write it again: spotr ${verb} --config ${path}.`,
  );
}

/** The first part of a result that its page cannot be made of. */
function invalidIn(result: Result): string | undefined {
  const { classes, task, verdict, tables } = result as unknown as Readonly<Record<string, unknown>>;
  const texts = ['spotr', 'adapter', 'weights'] as const;
  const noText = texts.find((name) => !isText(result[name]));
  if (noText) return noText;
  if (!isList(classes, isText)) return 'classes';
  if (!isList(task, (row) => isList(row, isText) && row.length === 2)) return 'task';
  if (!isList(verdict, isText)) return 'verdict';
  const isTable = ({ title, rows }: Part) => isText(title) && isList(rows, (row) => isPart(row, isRow));
  return isList(tables, (table) => isPart(table, isTable)) ? undefined : 'tables';
}

type Part = Readonly<Record<string, unknown>>;

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';
const isList = (value: unknown, check: (each: unknown) => boolean): value is unknown[] =>
  Array.isArray(value) && value.every(check);
const isPart = (value: unknown, check: (part: Part) => boolean): boolean =>
  typeof value === 'object' && value !== null && check(value as Part);
const hasNumbers = (value: unknown, names: readonly string[]): boolean =>
  isPart(value, (part) => names.every((name) => isNumber(part[name])));

const METRICS = METRIC_COLUMNS.map(([, key]) => key);
const DIFFERENCE = ['mean', 'low', 'high'];

function isRow({ name, seeds, intervals, behind, confusion, roc, histories, ...epochs }: Part): boolean {
  const { taken = [], convergedAt = [], drawn = [] } = epochs;
  const isCurve = ({ label, points }: Part) =>
    isText(label) && isList(points, (point) => isList(point, isNumber) && point.length === 2);
  const isHistory = (history: unknown) =>
    isList(history, (epoch) => hasNumbers(epoch, ['epoch', 'loss', 'validationAuroc']));
  return (
    isText(name) &&
    isList(seeds, (metrics) => hasNumbers(metrics, METRICS)) &&
    isPart(intervals, (part) => METRICS.every((key) => hasNumbers(part[key], ['low', 'high']))) &&
    (behind === undefined || hasNumbers(behind, DIFFERENCE)) &&
    (confusion === undefined || isList(confusion, (row) => isList(row, isNumber))) &&
    isList(roc, (curve) => isPart(curve, isCurve)) &&
    (histories === undefined || isList(histories, isHistory)) &&
    isList(taken, isNumber) &&
    isList(convergedAt, isNumber) &&
    isList(drawn, isNumber)
  );
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
  const settings = { ...before, ...fromFields(table, kept) };
  if (leader && command.given.has(leader)) for (const name of others) delete settings[name];
  const values: Record<string, unknown> = { ...command.values };
  for (const [name, option] of Object.entries(table)) {
    if (NOT_KEPT.has(name) || command.given.has(name) || settings[name] === undefined) continue;
    const value = readKept(option, settings[name]);
    if (value === undefined)
      throw new CommandError(
        `${path}: has ${option.field ?? name} ${quoteValue(settings[name])}, which must be ${option.expected}; correct it.`,
      );
    values[name] = value;
  }
  const { paths } = settings;
  const named = Array.isArray(paths) ? paths.map(String) : [];
  const positionals = command.positionals.length > 0 ? command.positionals : named;
  return { ...command, values: values as Values<Table>, positionals };
}
