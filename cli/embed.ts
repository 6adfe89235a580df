import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { embedAll } from './embed/encode.ts';
import { EMBED_HELP, EMBED_OPTIONS } from './embed/options.ts';
import { type EmbeddedWindow, encodeCsv, encodeNpy } from './embed/tables.ts';
import { readEncoder } from './embed/weights.ts';
import { cutRecordings } from './embed/windows.ts';
import { CommandError, UsageError } from './errors.ts';
import { writeAtomically } from './files.ts';
import { helpText, parseOptions } from './options.ts';
import { columns, definitionList, nearPaths, plural, type Row } from './text.ts';

/** Writes the `h_cls` of every window of the recordings. Returns the exit code. */
export async function embed(argv: readonly string[]): Promise<number> {
  const { values, positionals, help } = parseOptions(argv, EMBED_OPTIONS);
  if (help) {
    console.log(helpText(EMBED_HELP, columns()));
    return 0;
  }
  const { weights, out } = values;
  if (positionals.length === 0) throw new UsageError('embed needs recordings; name files or folders.');
  if (weights === undefined) throw new UsageError('embed needs --weights FILE, the encoder.');
  if (out === undefined) throw new UsageError('embed needs --out FILE, which ends in .npy or .csv.');
  const targets = targetsOf(out);
  const taken = values.overwrite ? undefined : targets.find((path) => existsSync(path));
  if (taken !== undefined) {
    throw new CommandError(`${taken} is there already; give another --out, or --overwrite to replace it.`);
  }
  const { recordings, rows } = await cutRecordings(
    positionals.map((path) => resolve(path)),
    values,
  );
  const found = await readEncoder(resolve(weights), values.heads);
  print([...rows, ['weights', found.description]]);
  const windows = await embedAll(recordings, found, values);
  write(out, windows, found.config.encoderDim);
  const dim = `of ${found.config.encoderDim} values`;
  console.log(`\n  ${plural(windows.length, 'vector')} ${dim} in ${targets.map(nearPaths).join(' and ')}.`);
  return 0;
}

const LABEL_WIDTH = 14;

function print(rows: readonly Row[]): void {
  for (const line of definitionList(rows, LABEL_WIDTH, columns())) console.log(line);
}

/** The files that `--out` stands for, the one with the vectors first. */
function targetsOf(out: string): string[] {
  if (out.endsWith('.csv')) return [resolve(out)];
  if (out.endsWith('.npy')) return [resolve(out), resolve(out.replace(/\.npy$/, '.windows.csv'))];
  throw new UsageError(`--out is "${out}", but must end in .npy or .csv.`);
}

function write(out: string, windows: readonly EmbeddedWindow[], dim: number): void {
  const [vectors = '', places] = targetsOf(out);
  if (places === undefined) {
    writeAtomically(vectors, encodeCsv(windows, dim));
    return;
  }
  // The vectors last: where they are, what they belong to is there too.
  writeAtomically(places, encodeCsv(windows));
  writeAtomically(vectors, encodeNpy(windows, dim));
}
