/** Options of a verb as a table: parsing, checking and help come from the same rows. */
import { parseArgs } from 'node:util';
import { distance } from 'fastest-levenshtein';
import { UsageError } from './errors.ts';
import { definitionList, plural, type Row, wrap } from './text.ts';

/** One row of the table. The option `batchSize` of a table is `--batch-size` on the command line. */
export interface Option<T> {
  readonly help: string;
  /** Another name of it on the command line, which the help shows beside its own: `lr` is `--lr`. */
  readonly alias?: string;
  /** What files of runs call it, where that is not its name. */
  readonly field?: string;
  /** Few people need it, so that the help lists it in its last part. */
  readonly advanced?: boolean;
  /** Stands for the value in the help; absent for a flag. */
  readonly value?: string;
  /** Completes "must be ...". */
  readonly expected: string;
  readonly fallback: T;
  /** The value that a text means; undefined where it means none. */
  readonly read: (text: string) => T | undefined;
  /** The text that means a value, where String(value) does not. */
  show?(value: T): string;
}

export type OptionTable = Readonly<Record<string, Option<unknown>>>;
export type Values<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Option<infer T> ? T : never;
};

export interface Parsed<Table extends OptionTable> {
  readonly values: Values<Table>;
  /** Names of the options that were spelled out. */
  readonly given: ReadonlySet<keyof Table & string>;
  readonly positionals: readonly string[];
  readonly help: boolean;
}

export interface VerbHelp {
  readonly verb: string;
  /** What stands after the verb, e.g. `[FILE|FOLDER...]`; empty for a verb that takes options only. */
  readonly positionals?: string;
  readonly summary: string;
  /** Options under headings, in the order of the help; advanced ones stand under a heading of their own, the last. */
  readonly sections: Readonly<Record<string, OptionTable>>;
  readonly examples: readonly Row[];
  readonly epilogue?: string;
}

interface Wording {
  readonly help: string;
  readonly alias?: string;
  readonly field?: string;
  readonly advanced?: boolean;
  readonly value?: string;
}

/** The same option in the last part of the help. */
export const advanced = <T>(option: Option<T>): Option<T> => ({ ...option, advanced: true });

export function flag(help: string): Option<boolean> {
  return { help, expected: 'given without a value', fallback: false, read: () => true };
}

export function text<F extends string | undefined>({
  fallback,
  ...wording
}: Wording & { fallback: F }): Option<string | F> {
  return { value: 'TEXT', ...wording, expected: 'not empty', fallback, read: (given) => given || undefined };
}

/** Names between commas. */
export function list(wording: Wording): Option<readonly string[] | undefined> {
  const read = (given: string) => {
    const names = given.split(',').map((name) => name.trim());
    return names.includes('') ? undefined : names;
  };
  return { value: 'A,B', ...wording, expected: 'names between commas', fallback: undefined, read };
}

export function whole<F extends number | undefined>({
  min,
  max,
  fallback,
  ...wording
}: Wording & { min: number; max: number; fallback: F }): Option<number | F> {
  const read = (given: string) => {
    const value = /^[+-]?\d+$/.test(given) ? Number(given) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  };
  const expected = `a whole number from ${min} to ${max}`;
  return { value: 'N', ...wording, expected, fallback, read };
}

/** A number over `above` (or from `min`) up to `max`. */
export function number<F extends number | undefined>({
  min,
  above,
  max,
  fallback,
  ...wording
}: Wording & { max: number; fallback: F } & (
    | { min: number; above?: never }
    | { above: number; min?: never }
  )): Option<number | F> {
  const read = (given: string) => {
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(given) ? Number(given) : Number.NaN;
    const enough = min === undefined ? value > (above ?? 0) : value >= min;
    return enough && value <= max ? value : undefined;
  };
  const expected =
    min === undefined ? `a number over ${above} and at most ${max}` : `a number from ${min} to ${max}`;
  return { value: 'X', ...wording, expected, fallback, read };
}

export function choice<T extends string, F extends T | undefined>({
  of,
  fallback,
  ...wording
}: Wording & { of: readonly T[]; fallback: F }): Option<T | F> {
  const read = (given: string) => of.find((name) => name === given);
  return { value: of.join('|'), ...wording, expected: `one of ${of.join(', ')}`, fallback, read };
}

/** The value of an option as it was kept in a file; undefined where it cannot be one. */
export function readKept(option: Option<unknown>, kept: unknown): unknown {
  const isFlag = option.value === undefined;
  if (isFlag) return typeof kept === 'boolean' ? kept : undefined;
  try {
    return option.read(option.show ? option.show(kept) : String(kept));
  } catch {
    return undefined;
  }
}

/** Settings under the names that files have for them, in the same order. */
export function toFields(table: OptionTable, settings: object): Record<string, unknown> {
  return renamed(settings, (name) => table[name]?.field ?? name);
}

/** The same back; what has the option's own name is that option too. */
export function fromFields(table: OptionTable, fields: object): Record<string, unknown> {
  const names = new Map(Object.entries(table).map(([name, { field = name }]) => [field, name]));
  return renamed(fields, (field) => names.get(field) ?? field);
}

const renamed = (object: object, name: (key: string) => string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [name(key), value]));

export function dashed(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Reads a command line. Throws a UsageError that names the option, its value and what is expected. */
export function parseOptions<Table extends OptionTable>(
  argv: readonly string[],
  table: Table,
): Parsed<Table> {
  const names = new Map(
    Object.entries(table).flatMap(([name, { alias }]) => [
      [dashed(name), name] as const,
      ...(alias === undefined ? [] : [[dashed(alias), name] as const]),
    ]),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      [...names].map(([long, name]) => [
        long.slice(2),
        { type: table[name]?.value === undefined ? 'boolean' : 'string' } as const,
      ]),
    ),
    // The messages of strict parsing name neither what is expected nor what is close by; those here do.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, unknown> = {};
  for (const [name, { fallback }] of Object.entries(table)) values[name] = fallback;
  const given = new Set<string>();
  const positionals: string[] = [];
  let help = false;
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    if (token.rawName === '--help' || token.rawName === '-h') {
      help = true;
      continue;
    }
    const name = names.get(token.rawName);
    const option = name === undefined ? undefined : table[name];
    if (name === undefined || option === undefined) throw unknownOption(token.rawName, [...names.keys()]);
    values[name] = readValue(token.rawName, option, token.value, token.inlineValue ?? false);
    given.add(name);
  }
  return { values: values as Values<Table>, given, positionals, help };
}

function readValue(
  name: string,
  option: Option<unknown>,
  given: string | undefined,
  inline: boolean,
): unknown {
  if (option.value === undefined) {
    if (given === undefined) return true;
    throw new UsageError(`${name} takes no value, but "${given}" was given; write ${name} alone.`);
  }
  if (given === undefined || (!inline && given.startsWith('--'))) {
    const found = given === undefined ? 'nothing' : given;
    throw new UsageError(`${name} needs a value, but ${found} follows; it must be ${option.expected}.`);
  }
  const value = option.read(given);
  if (value === undefined) throw new UsageError(`${name} is "${given}", but must be ${option.expected}.`);
  return value;
}

function unknownOption(name: string, known: readonly string[]): UsageError {
  const near = nearest(name, known);
  return new UsageError(`There is no option ${name}; ${near ? `did you mean ${near}?` : 'try --help.'}`);
}

/** What is likely meant by a name that is none of those known. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const [first] = known
    .map((other) => ({ other, far: distance(name, other) }))
    .filter(({ far }) => far <= 2)
    .sort((a, b) => a.far - b.far);
  return first?.other;
}

/** Columns that words beside something take at least. */
const MIN_BESIDE = 42;

/** The text of `spotr VERB --help`, at most `width` columns wide. */
export function helpText(help: VerbHelp, width: number): string {
  const sections = sectionsOf(help);
  const labelWidth = Math.max(...sections.flatMap(([, rows]) => rows).map(([label]) => label.length)) + 2;
  const usage = `spotr ${help.verb} [options]${help.positionals ? ` ${help.positionals}` : ''}`;
  return [
    ...wrap(`Usage: ${usage}`, width),
    '',
    ...wrap(help.summary, width),
    ...sections.flatMap(([title, rows]) => ['', title, ...definitionList(rows, labelWidth, width)]),
    '',
    plural(help.examples.length, 'Example').replace(/^\d+ /, ''),
    ...exampleLines(help.examples, width),
    ...(help.epilogue ? ['', ...wrap(help.epilogue, width)] : []),
  ].join('\n');
}

/** What a first use of the verb needs, under its headings, and then everything else. */
function sectionsOf({ sections }: VerbHelp): [title: string, rows: Row[]][] {
  const rowsOf = (options: OptionTable, part: boolean) =>
    Object.entries(options)
      .filter(([, { advanced = false }]) => advanced === part)
      .map(optionRow);
  const main = Object.entries(sections).map(([title, options]): [string, Row[]] => [
    title,
    rowsOf(options, false),
  ]);
  main.at(-1)?.[1].push(['--help', 'this text']);
  const rest = Object.values(sections).flatMap((options) => rowsOf(options, true));
  return [...main, ['Advanced', rest] as [string, Row[]]].filter(([, rows]) => rows.length > 0);
}

/** What an example does: beside it, or below where one of them leaves no room. */
function exampleLines(examples: readonly Row[], width: number): string[] {
  const labelWidth = Math.max(...examples.map(([line]) => line.length)) + 2;
  if (labelWidth + MIN_BESIDE <= width) return definitionList(examples, labelWidth, width);
  return examples.flatMap(([line, what]) => [
    `  ${line}`,
    ...wrap(what, width - 6).map((text) => `      ${text}`),
  ]);
}

function optionRow([name, { alias, value, help, fallback }]: [string, Option<unknown>]): Row {
  const isPlain = typeof fallback === 'string' || typeof fallback === 'number';
  const names = [name, ...(alias === undefined ? [] : [alias])].map(dashed).join(', ');
  return [value === undefined ? names : `${names} ${value}`, isPlain ? `${help} (${fallback})` : help];
}
