/** Labelled windows of text files: each must lie within what the reader finds, without a missing sample. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readLabelTable } from '../../data/dataset/labels.ts';
import { groupBy } from '../../data/group-by.ts';
import { openCsv } from '../../data/index.ts';
import { nodeFileSource } from '../../data/source/file-node.ts';
import { type Check, Comparison } from './check.ts';

/** A check for each file that a table names; tables that name rows of one file instead have none. */
export function windowChecks(path: string, nameOf: (path: string) => string): Check[] {
  const text = readFileSync(path, 'utf8');
  if (!/^file,/.test(text)) return [];
  const rows = groupBy(readLabelTable(text, path), ({ file }) => file);
  return [...rows].map(([file, windows]) => ({
    file: nameOf(join(dirname(path), file)),
    truth: nameOf(path).split('/').at(-1) ?? '',
    run: async () => {
      const comparison = new Comparison();
      // The rate stands in a README for people; places here are in samples, so that any does.
      const recording = await openCsv(await nodeFileSource(join(dirname(path), file)), { rate: 100 });
      comparison.what = `${recording.format}, ${windows.length} windows`;
      for (const { start, length = 0 } of windows) {
        const [values] = (await recording.read([0], start, length)) as [Float64Array];
        comparison.same(`window at ${start}`, values.length, length);
        comparison.same(`missing in the window at ${start}`, values.filter(Number.isNaN).length, 0);
      }
      return comparison;
    },
  }));
}
