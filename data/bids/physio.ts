/** Physiological signals of BIDS: `_physio.tsv.gz`, a table without names, with its JSON file beside it. */
import { inflatedSource } from '../../base/inflate.ts';
import { FormatError, formatRefuser } from '../errors.ts';
import type { Format } from '../formats/format.ts';
import { recordingOfColumns } from '../formats/text/column-recording.ts';
import { readTable } from '../formats/text/table.ts';
import { shellQuote } from '../shell-quote.ts';
import { bidsName } from './names.ts';
import { readJson } from './sidecar-files.ts';
import { bidsRoot, sidecars } from './tree.ts';

export const physio: Format = {
  name: 'BIDS physio',
  endings: ['tsv.gz'],
  open: async (entry, files, options) => {
    const source = await entry.open();
    const name = bidsName(entry.path);
    if (name?.suffix !== 'physio') {
      throw new FormatError(
        source.name,
        'is compressed text, and no _physio.tsv.gz of a BIDS dataset.',
        `Unpack it first: \`gunzip -k ${shellQuote(entry.path)}\``,
      );
    }
    const notes: string[] = [];
    const root = bidsRoot(entry.path, files) ?? name.folder;
    const facts = await readJson(sidecars(name, root, files, 'physio', '.json'), notes);
    const columns = facts.Columns;
    if (!Array.isArray(columns) || !columns.every((column) => typeof column === 'string')) {
      throw new FormatError(
        source.name,
        'has no JSON file beside it that names its columns.',
        'Put its _physio.json there, with "Columns" and "SamplingFrequency".',
        { field: 'Columns' },
      );
    }
    const rate = facts.SamplingFrequency;
    const inflated = await inflatedSource(
      { source, offset: 0, length: source.size, format: 'gzip' },
      formatRefuser(source.name),
    );
    const table = await readTable(inflated, { delimiter: '\t', decimalComma: false, names: columns });
    const rates = typeof rate === 'number' ? [{ rate, text: 'SamplingFrequency' }] : [];
    return recordingOfColumns(source.name, 'BIDS physio', table.columns, {
      declared: { rates, unclear: [] },
      rate: options.rate,
      notes,
    });
  },
};
