import { runSubverb, type Subverb } from './common/subverbs.ts';
import { dataBench } from './data/bench.ts';
import { dataLabel } from './data/label.ts';
import { dataScan } from './data/scan.ts';
import { dataSplit } from './data/split.ts';

/** In the order in which one uses them. */
const SUBVERBS: Readonly<Record<string, Subverb>> = {
  scan: { summary: 'list the recordings in folders, and write a manifest of them', run: dataScan },
  split: { summary: 'split a manifest into train, validation and test by subject', run: dataSplit },
  label: {
    summary: 'label the recordings of a manifest, from a table or their own annotations',
    run: dataLabel,
  },
  bench: {
    summary: 'measure how fast windows are read, and how fast the device trains on them',
    run: dataBench,
  },
};

const ABOUT =
  'A manifest is a text file, one recording a line; the other commands take it like a folder. A line may also name a table of one window a row, or generated signals (synthetic:eyes).';

/** Everything about recordings before training. Returns the exit code. */
export function data(argv: readonly string[]): Promise<number> {
  return runSubverb('data', SUBVERBS, argv, ABOUT);
}
