import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly filter: string | undefined;
  readonly json: string | undefined;
  readonly adapter: string | undefined;
  readonly quick: boolean;
  readonly browser: boolean;
  readonly peers: boolean;
  readonly list: boolean;
  readonly help: boolean;
}

/** Words on the command line that mean nothing here. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const HELP = `Usage: npm run bench -- [options]

Measures what the adapter can do, then every kernel and step against it and against other libraries. Each row is
verified against a float64 reference before it is timed.

  --quick          a sample of rows, in a few minutes
  --filter TEXT    rows whose name contains TEXT, or fits /an expression/
  --browser        in a headless Chromium instead of Node
  --adapter NAME   auto, hardware, software or a part of an adapter's name
  --no-peers       without other libraries (npm run bench:peers installs them)
  --json FILE      writes the results to FILE; a whole run goes to bench/results/ by itself
  --list           names the rows and measures nothing
  --help           this text

Examples
  npm run bench -- --quick --no-peers
  npm run bench -- --filter matmul/512
  npm run bench -- --filter "/^(embed|train)/" --json steps.json

Columns: median and 95th percentile by the clock, device time by its timestamps (all in ms a repetition), rates, percent
of the lower roof (c: multiply-adds, m: a copy of as many bytes), relative error, and how many times as long peers take.`;

/** @throws UsageError that names the word and what there is */
export function parseOptions(argv: readonly string[]): BenchOptions {
  try {
    const { values } = parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: false,
      options: {
        filter: { type: 'string' },
        json: { type: 'string' },
        adapter: { type: 'string' },
        quick: { type: 'boolean', default: false },
        browser: { type: 'boolean', default: false },
        'no-peers': { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const { filter, json, adapter, quick, browser, list, help } = values;
    return { filter, json, adapter, quick, browser, list, help, peers: !values['no-peers'] };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${reason} (npm run bench -- --help lists the options)`, { cause });
  }
}
