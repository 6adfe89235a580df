import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readResult } from '../../cli/common/labelled/result-file.ts';
import { Labels } from '../../demo/worker/labels.ts';
import { Model } from '../../demo/worker/model.ts';
import { probe } from '../../demo/worker/probe.ts';
import { openDropped } from '../../demo/worker/signals.ts';
import { readWeights } from '../../demo/worker/weights.ts';
import { Workspace } from '../../demo/worker/workspace.ts';
import { type LabelledFixture, labelledFixture } from '../cli/labelled-fixture.ts';
import { testEngine } from '../support/engine.ts';
import { spotr } from '../support/spotr-command.ts';

let fixture: LabelledFixture;
beforeAll(() => {
  fixture = labelledFixture();
});
afterAll(() => fixture.remove());

const HEADER = 'file,start,duration,label,subject';
const SETTINGS = { seeds: 2, epochs: 4, resamples: 100 };

/** What the page makes of the files that a table of labels names, read in Node. */
async function onThePage(table: string, positive?: string) {
  const { at, entries, weights } = fixture;
  const files = entries.map(({ path }) => ({ path, file: new File([readFileSync(at(path))], path) }));
  // In another order than the command's table names them.
  const signals = await openDropped(files.reverse(), { rate: 200, modality: 'eeg' });
  const labels = new Labels();
  labels.readTable(signals.places, readFileSync(table, 'utf8'), table);
  const work = new Workspace(signals, { rate: 200, modality: 'eeg' }, () => {}, labels);
  const engine = await testEngine();
  const settings = {
    size: 'small',
    conditioning: 'cls',
    learningRate: 1e-3,
    steps: 1,
    batchSize: 8,
    seed: 1,
  };
  const loaded = await readWeights([new File([readFileSync(weights)], 'weights.bin')]);
  const model = Model.loaded(engine, settings as Parameters<typeof Model.loaded>[1], loaded);
  try {
    const { windows, tokens } = await work.embed({ mains: 'auto', seconds: 2, channels: null }, model);
    return await probe(engine, windows, tokens, null, {
      model: { config: model.config },
      ...{ positive, settings: SETTINGS },
    });
  } finally {
    model.dispose();
  }
}

/** A row a stretch, of all people or of some. */
function writeTable(
  name: string,
  more: (subject: number) => string,
  header = HEADER,
  labelOf = (_person: number, label: string) => label,
): string {
  const { at, entries } = fixture;
  const rows = entries.flatMap(({ path, subject, labels = [] }, person) =>
    labels
      .slice(0, 4)
      .map(
        ({ start, seconds, label }) =>
          `${path},${start},${seconds},${labelOf(person, label)},of ${subject}${more(person)}`,
      ),
  );
  writeFileSync(at(name), `${header}\n${rows.join('\n')}\n`);
  return at(name);
}

async function byTheCommand(table: string, ...more: string[]) {
  const { at, weights } = fixture;
  const out = at(`${table.slice(table.lastIndexOf('/') + 1)}.run`);
  const { code, err } = await spotr(
    ...['probe', table, '--rate', '200', '--modality', 'eeg', '--weights', weights, '--out', out, ...more],
    ...['--seeds', '2', '--epochs', '4', '--resamples', '100', '--overwrite'],
  );
  expect(err).toBe('');
  expect(code).toBe(0);
  return readResult(out);
}

/** Titles and rows, without what the page works out for itself. */
const tablesOf = ({ tables }: { tables: readonly { title: string; rows: readonly object[] }[] }) =>
  tables.map(({ title, rows }) => ({
    title,
    rows: rows.map((row) => Object.fromEntries(Object.entries(row).filter(([key]) => key !== 'metrics'))),
  }));

/** As it comes back from a file: there undefined is absent. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

// Both doors run whole: on a busy machine that takes minutes.
describe('the probe of command and page', { timeout: 900_000 }, () => {
  it('is one table: every number of every row is equal, whatever the order of the files', async () => {
    const table = writeTable('plain.csv', () => '');
    const result = await byTheCommand(table);
    const page = await onThePage(table);
    // Windows, and recordings: each row, its intervals and its training.
    expect(page.tables.map(({ rows }) => rows.length)).toEqual([14]);
    expect(plain(tablesOf(page))).toEqual(plain(tablesOf(result)));
    expect(page.protocol).toBe(result.protocol);
    expect(page.classes).toEqual(result.classes);
    expect(page.positive?.name).toBe(result.positive);
    expect(page.groups).toBe('subject');
    expect(page.remarks).toEqual(result.verdict);
    expect(page.how).toContain('No test subject is in training or validation.');
    expect(result.task.join()).toContain('No test subject is in training or validation.');
    // Not as an unlike table would be told as well: the test part is of whole people.
    expect(page.windows.test).toBe(16);
  });

  it('divides as a table says, and looks for the class that was asked for', async () => {
    const parts = (person: number) => (person < 9 ? ',train' : person < 13 ? ',validation' : ',test');
    // Of one label each person, so that there is a table of recordings too.
    const labelOf = (person: number) => (person % 2 ? 'eyes open' : 'eyes closed');
    const table = writeTable('split.csv', parts, `${HEADER},split`, labelOf);
    const result = await byTheCommand(table, '--positive', 'eyes closed');
    const page = await onThePage(table, 'eyes closed');
    expect(plain(tablesOf(page))).toEqual(plain(tablesOf(result)));
    expect(page.tables.map(({ title }) => title)).toEqual(['Test windows', 'Test recordings']);
    expect(page.tables[1]?.rows[0]?.seeds[0]?.auroc).not.toBe(page.tables[0]?.rows[0]?.seeds[0]?.auroc);
    expect(page.windows).toEqual({ train: 36, validation: 16, test: 28 });
    expect(result.positive).toBe('eyes closed');
    expect(page.tables[0]?.rows[0]?.roc[0]?.label).toBe('eyes closed');
    expect(page.how).toMatch(/^Divided as the table of labels says\. No test subject is in/);
  });

  it('refuses a table that has a person in two parts, in both doors', async () => {
    const { at, weights } = fixture;
    const parts = (person: number) => (person < 12 ? ',train' : ',test');
    const table = writeTable('torn.csv', parts, `${HEADER},split`);
    const torn = readFileSync(table, 'utf8')
      .replaceAll(',of s13,', ',of s2,')
      .replaceAll(',of s14,', ',of s3,');
    writeFileSync(table, torn);
    const said = /several parts.*subject of s2 \(train and test\); subject of s3 \(train and test\)/;
    const { code, err } = await spotr(
      ...['probe', table, '--rate', '200', '--modality', 'eeg', '--weights', weights, '--out', at('no')],
    );
    expect(code).toBe(1);
    expect(err).toMatch(said);
    await expect(onThePage(table)).rejects.toThrow(said);
  });

  it('names the classes there are where the positive one is none of them', async () => {
    const table = writeTable('plain.csv', () => '');
    const said = /positive class is to be "open", but the classes are "eyes closed" and "eyes open"/;
    await expect(onThePage(table, 'open')).rejects.toThrow(said);
    const { at, weights } = fixture;
    const { code, err } = await spotr(
      ...['probe', table, '--rate', '200', '--weights', weights, '--positive', 'open', '--out', at('no')],
    );
    expect(code).toBe(1);
    expect(err).toMatch(said);
  });
});
