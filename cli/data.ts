import { dataBench } from './data/bench.ts';
import { dataLabel } from './data/label.ts';
import { dataScan } from './data/scan.ts';
import { dataSplit } from './data/split.ts';
import { UsageError } from './errors.ts';
import { nearest } from './options.ts';
import { print } from './terminal.ts';
import { definitionList, type Row, wrap } from './text.ts';

interface Subverb {
  readonly summary: string;
  readonly run: (argv: readonly string[]) => Promise<number>;
}

/** In the order in which one uses them. */
const SUBVERBS: Readonly<Record<string, Subverb>> = {
  scan: { summary: 'list the recordings in folders, and write a manifest of them', run: dataScan },
  split: { summary: 'divide a manifest into train, validation and test by subject', run: dataSplit },
  label: {
    summary: 'give the recordings of a manifest labels, from a table or their own marks',
    run: dataLabel,
  },
  bench: { summary: 'how fast windows are read here, against how fast the device uses them', run: dataBench },
};

/** Everything about recordings before training. Returns the exit code. */
export async function data(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h') {
    print(overview());
    return name === undefined ? 2 : 0;
  }
  const subverb = Object.hasOwn(SUBVERBS, name) ? SUBVERBS[name] : undefined;
  if (subverb) return subverb.run(rest);
  const near = nearest(name, Object.keys(SUBVERBS));
  throw new UsageError(
    `data has no command "${name}"; ${near ? `did you mean ${near}?` : `known are ${Object.keys(SUBVERBS).join(', ')}.`}`,
  );
}

function overview(): string {
  const rows = Object.entries(SUBVERBS).map(([name, { summary }]): Row => [name, summary]);
  return [
    'Usage: spotr data COMMAND [options]',
    '',
    'Commands',
    ...definitionList(rows, 10, 100),
    '',
    ...wrap(
      'spotr data COMMAND --help explains a command. A manifest is a text file, one recording a line; the other commands take it like a folder. A line may also name a table of one window a row, or generated signals (synthetic:eyes).',
      100,
    ),
  ].join('\n');
}
