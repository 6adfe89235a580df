/** What the original C programs print, as the README of a folder tells: | record-1b | rdsamp -r a103l -f 50 -t 160 -s 2 0 -P | */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readWfdbAnnotations } from '../../data/formats/wfdb/annotations.ts';
import { parseWfdbHeader } from '../../data/formats/wfdb/header.ts';
import { isMaster } from '../../data/formats/wfdb/master.ts';
import type { Annotation } from '../../data/recording.ts';
import { nodeFileSource } from '../../data/source/file-node.ts';
import { type Check, Comparison } from './check.ts';
import { openRecord, rateBeside } from './wfdb.ts';

/** The rows of a README that say how outputs were made. `files` are all of the folder, by path. */
export function outputChecks(
  readme: string,
  files: readonly string[],
  nameOf: (path: string) => string,
): Check[] {
  const find = (name: string) =>
    files.find((path) => path.endsWith(`/${name}`) || path.endsWith(`/${name}.gz`));
  const rows = [...readme.matchAll(/^\|\s*([^|]+?)\s*\|\s*(rdsamp|rdann)\s+([^|]+?)\s*\|/gm)];
  return rows.flatMap(([, names = '', program, words = '']): Check[] => {
    const outputs = names.split(/\s*,\s*/).flatMap((name) => find(name) ?? []);
    if (program === 'rdann') {
      const annotators = words
        .replace(/^on\s+/, '')
        .split(/\s*,\s*/)
        .flatMap((name) => find(name) ?? []);
      return outputs.flatMap((output, i) => {
        const path = annotators[i];
        if (path === undefined) return [];
        return [
          { file: nameOf(path), truth: `rdann (${base(output)})`, run: () => compareRdann(path, output) },
        ];
      });
    }
    const [output] = outputs;
    const options = parse(words);
    const header = find(`${options.record}.hea`);
    if (output === undefined || header === undefined) return [];
    return [
      {
        file: nameOf(header),
        truth: `rdsamp (${base(output)})`,
        run: () => compareRdsamp(header, output, options),
      },
    ];
  });
}

const base = (path: string) => path.slice(path.lastIndexOf('/') + 1);

interface Options {
  readonly record: string;
  /** "0.002" seconds or "s70000" samples. */
  readonly from: string;
  readonly signals: readonly number[] | undefined;
  readonly physical: boolean;
  readonly high: boolean;
}

function parse(words: string): Options {
  const tokens = words
    .replace(/\([^)]*\)/g, '')
    .trim()
    .split(/\s+/);
  const after = (flag: string) => (tokens.includes(flag) ? tokens[tokens.indexOf(flag) + 1] : undefined);
  const list = tokens.includes('-s') ? tokens.slice(tokens.indexOf('-s') + 1) : undefined;
  const end = list?.findIndex((token) => !/^\d+$/.test(token)) ?? -1;
  return {
    record: after('-r') ?? '',
    from: after('-f') ?? '0',
    signals: list?.slice(0, end < 0 ? undefined : end).map(Number),
    physical: tokens.includes('-P'),
    high: tokens.includes('-H'),
  };
}

/** Columns of numbers; "-" is a missing sample. */
function columnsOf(path: string): number[][] {
  const bytes = readFileSync(path);
  const rows = String(path.endsWith('.gz') ? gunzipSync(bytes) : bytes)
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number));
  return (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] ?? Number.NaN));
}

async function compareRdsamp(path: string, output: string, options: Options): Promise<Comparison> {
  const comparison = new Comparison();
  const recording = await openRecord(path);
  const columns = columnsOf(output);
  const frames = Math.min(...recording.channels.map(({ rate }) => rate));
  const fastest = Math.max(...recording.channels.map(({ rate }) => rate)) / frames;
  const start = options.from.startsWith('s')
    ? Number(options.from.slice(1))
    : Math.round(Number(options.from) * frames);
  const signals = options.signals ?? recording.channels.map((_, index) => index);
  comparison.what = `${columns.length} columns of ${columns[0]?.length ?? 0}${options.physical ? '' : ', digital'}`;
  comparison.same('columns', signals.length, columns.length);
  for (const [column, wanted] of columns.entries()) {
    const index = signals[column] as number;
    const own = Math.round((recording.channels[index]?.rate ?? frames) / frames);
    // rdsamp prints a row a frame, or with -H as many as the fastest signal has samples.
    const rows = options.high ? fastest : 1;
    const count = (wanted.length / rows) * own;
    const [values] = (await recording.read([index], start * own, count)) as [Float64Array];
    const shown = options.physical ? values : digitalOf(path, index, values);
    const found = wanted.map((_, row) => {
      const frame = Math.floor(row / rows);
      if (rows > 1 || own === 1)
        return shown[frame * own + Math.floor(((row % rows) * own) / rows)] as number;
      const sum = shown.slice(frame * own, (frame + 1) * own).reduce((a, b) => a + b, 0);
      return options.physical ? sum / own : Math.trunc(sum / own);
    });
    // Physical values are printed with eight places.
    for (const [row, value] of wanted.entries())
      comparison.number(`signal ${index}, row ${row}`, found[row], Number.isNaN(value) ? null : value, 1e-5);
  }
  return comparison;
}

/** Physical values as the file stores them, by the gains of the header (of a master: of its first segment). */
function digitalOf(path: string, index: number, values: Float64Array): Float64Array {
  const text = readFileSync(path, 'latin1');
  if (isMaster(text)) throw new Error(`${path}: digital values of several segments have no one gain`);
  const { gain, baseline } = parseWfdbHeader(text, path).signals[index] as { gain: number; baseline: number };
  return values.map((value) => Math.round(value * gain + baseline));
}

/** What rdann prints of an annotation after its time. */
const printed = ({ sample, symbol, subtype, channel, num, aux }: Annotation) =>
  `${String(sample).padStart(9)}     ${symbol}${[subtype, channel, num].map((value) => String(value).padStart(5)).join('')}${aux === undefined ? '' : `\t${aux}`}`;

async function compareRdann(path: string, output: string): Promise<Comparison> {
  const comparison = new Comparison();
  const found = await readWfdbAnnotations(await nodeFileSource(path), rateBeside(path));
  const lines = readFileSync(output, 'utf8').split('\n').filter(Boolean);
  comparison.what = `${lines.length} lines`;
  comparison.same('annotations', found.length, lines.length);
  for (const [i, annotation] of found.entries()) {
    const line = printed(annotation);
    comparison.same(`line ${i + 1}`, lines[i]?.slice(-line.length), line);
  }
  return comparison;
}
