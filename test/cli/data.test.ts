import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ManifestEntry, readManifest } from '../../data/index.ts';
import { edfBytes } from '../data/writers.ts';
import { spotr } from '../support/spotr-command.ts';

let home: string;
const at = (...parts: string[]) => join(home, ...parts);

/** Seconds of a file that a subject was recorded in. */
const SECONDS = 12;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-data-'));
  for (const folder of ['sleep', 'heart']) mkdirSync(at(folder));
  for (let person = 0; person < 6; person++) {
    for (const night of [1, 2]) {
      const values = Int16Array.from(
        { length: 100 * SECONDS },
        (_, t) => 9000 * Math.sin(t * t + person + night),
      );
      const bytes = edfBytes({
        signals: [{ label: 'EEG Cz', unit: 'uV', perRecord: 100, values }],
        records: SECONDS,
        reserved: 'EDF+C',
        patient: `P${person} F 01-JAN-1950 Secret_Name`,
        tals: Array.from({ length: SECONDS }, (_, onset) => ({
          onset,
          ...(onset === 3 ? { texts: ['wake'] } : onset === 6 ? { texts: ['N2'] } : {}),
        })),
      });
      writeFileSync(at('sleep', `p${person}n${night}.edf`), bytes);
    }
    const rows = Array.from({ length: 250 * SECONDS }, (_, t) => Math.sin(t * t + person).toFixed(5));
    writeFileSync(at('heart', `h${person}.csv`), `II\n${rows.join('\n')}\n`);
  }
  writeFileSync(at('sleep', 'notes.gdf'), 'GDF 2.10');
  mkdirSync(at('paused'));
  // 100 Hz, with a pause of 30 s before row 1000 and one of 5 s before row 2000.
  const time = (row: number) => row / 100 + (row < 1000 ? 0 : 30) + (row < 2000 ? 0 : 5);
  const eeg = Array.from({ length: 3000 }, (_, row) => `${time(row).toFixed(3)},${1000 + row},${-row}`);
  writeFileSync(at('paused', 'eeg.csv'), `timestamps,TP9,AF7\n${eeg.join('\n')}\n`);
});

afterAll(() => rmSync(home, { recursive: true }));

const entriesOf = (file: string): readonly ManifestEntry[] =>
  readManifest(readFileSync(file, 'utf8'), file).entries;

describe('spotr data', () => {
  it.each(['latin1', 'utf16le', 'utf8'] as const)(
    'reads a table of labels that is in %s',
    async (encoding) => {
      const file = at(`${encoding}.jsonl`);
      await spotr('data', 'scan', at('heart'), '--rate', '250', '--out', file);
      const { path } = entriesOf(file)[0] as ManifestEntry;
      const rows = [
        ['file', 'start', 'duration', 'label'],
        [path, '0', '1', 'éveillé'],
        [path, '2', '1', 'évèillé'],
      ];
      const mark = encoding === 'latin1' ? '' : '\uFEFF';
      const table = mark + rows.map((row) => row.join(',')).join('\r\n');
      writeFileSync(at(`${encoding}.csv`), Buffer.from(table, encoding));
      expect(await spotr('data', 'label', file, '--table', at(`${encoding}.csv`))).toMatchObject({
        code: 0,
        err: '',
      });
      expect(entriesOf(file)[0]?.labels?.map(({ label }) => label)).toEqual(['éveillé', 'évèillé']);
    },
  );

  it('says which data sets have nothing in a split, and how folders become one', async () => {
    const apart = at('apart.jsonl');
    const scan = ['data', 'scan', at('heart'), at('paused'), '--rate', '250', '--out', apart];
    await spotr(...scan);
    const one = await spotr('data', 'split', apart);
    expect(one.out).toMatch(
      /1\s+data\s+set\s+has\s+nothing\s+in\s+a\s+split:\s+paused\s+\(validation,\s+test\)\./,
    );
    expect(one.out).toContain('--dataset NAME');
    // What was not asked for is not missed.
    const none = await spotr('data', 'split', apart, '--validation', '0', '--test', '0');
    expect(none.out).not.toContain('nothing in a split');
    await spotr(...scan, '--dataset', 'study', '--overwrite');
    expect((await spotr('data', 'split', apart)).out).not.toContain('nothing in a split');
  });

  it('scans folders, splits by subject, labels, and trains on the result', async () => {
    const file = at('m.jsonl');
    // A rate that is given would hold for the EDF files too.
    const sleep = await spotr('data', 'scan', at('sleep'), '--out', file);
    const heart = await spotr('data', 'scan', at('heart'), '--rate', '250', '--out', file, '--append');
    const scanned = { err: sleep.err + heart.err, out: sleep.out + heart.out };
    expect(scanned.err).toBe('');
    expect(sleep.out).toMatch(/sleep\s+eeg\s+12\s+6\s+2:24\s+1\s+100\s+0\n/);
    expect(heart.out).toMatch(/heart\s+ecg\s+6\s+unknown\s+1:12/);
    expect(scanned.out).toMatch(/notes\.gdf/);
    expect(entriesOf(file)[0]).toMatchObject({
      path: 'sleep/p0n1.edf',
      dataset: 'sleep',
      modality: 'eeg',
      rate: 100,
      seconds: SECONDS,
    });

    const split = await spotr('data', 'split', file, '--validation', '0.2', '--test', '0.2', '--seed', '4');
    expect(split.out).toMatch(
      /sleep\s+8 recordings of 4 subjects, 1:36\s+2 recordings of 1 subject, 0:24\s+2 recordings of 1 subject, 0:24/,
    );
    const bySubject = new Map<string, Set<string>>();
    for (const { subject, path, split: part } of entriesOf(file)) {
      const key = subject ?? path;
      bySubject.set(key, (bySubject.get(key) ?? new Set()).add(part ?? 'none'));
    }
    expect([...bySubject.values()].every((parts) => parts.size === 1 && !parts.has('none'))).toBe(true);

    const marks = await spotr('data', 'label', file, '--annotations', '--names', 'wake=W,N2', '--until-next');
    expect(marks.out).toMatch(/W\s+12\s+12\s+0:06\n\s+N2\s+12\s+12\s+0:06/);
    expect(entriesOf(file)[0]?.labels).toEqual([
      { start: 3, seconds: 0.5, label: 'W' },
      { start: 6, seconds: 0.5, label: 'N2' },
    ]);

    const none = await spotr('data', 'label', file, '--annotations', '--names', 'REM');
    expect(none.err).toMatch(
      /no recording got a label: the annotations are "wake", "N2"; choose with --names/,
    );

    const trained = await spotr(
      'pretrain',
      file,
      '--steps',
      '2',
      '--batch-size',
      '2',
      '--draw',
      'equal',
      '--out',
      at('run'),
    );
    expect(trained.err).toBe('');
    expect(trained.out).toMatch(
      /2 of\s+12\s+recordings\s+held\s+out,\s+as\s+the\s+manifest\s+or\s+table\s+is\s+divided/,
    );
    const everything = [file, at('run/config.json'), at('run/metrics.jsonl')].map((path) =>
      readFileSync(path, 'utf8'),
    );
    for (const text of [...everything, scanned.out, split.out, marks.out, trained.out])
      expect(text).not.toMatch(/Secret|1950/);
  });

  it('trains on windows of several lengths, as the manifest says', async () => {
    const file = at('lengths.jsonl');
    const scan = ['data', 'scan', '--out', file, '--rate', '250'];
    expect((await spotr(...scan, at('heart'), '--window', '0.3')).code).toBe(0);
    expect((await spotr(...scan, at('sleep'), '--append')).code).toBe(0);
    const entries = entriesOf(file);
    expect(entries.filter(({ dataset }) => dataset === 'heart').every((one) => one.window === 0.3)).toBe(
      true,
    );
    expect(entries.some((one) => one.dataset === 'sleep' && 'window' in one)).toBe(false);
    const refused = await spotr(...scan, at('sleep'), '--append', '--window', '0.703');
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(
      /--window is "0\.703", but must be seconds, over 0, at most 64, and a whole number of samples at 200 Hz/,
    );

    const out = at('lengths');
    const argv = ['--window', '2', '--batch-size', '2', '--draw', 'equal', '--steps', '4', '--out', out];
    const trained = await spotr('pretrain', file, ...argv);
    expect(trained.err).toBe('');
    const text = trained.out.replace(/\s+/g, ' ');
    expect(text).toContain('18 recordings, windows of 0.3 and 2 s at 200 Hz');
    expect(text).toMatch(/ecg 1 channel \(II\): 200 windows of 0\.3 s for training, 40 held out/);
    expect(text).toMatch(/eeg 1 channel \(EEG Cz\): \d+ windows of 2 s for training/);
    expect(text).toContain('windows of 0.3 s are zero-padded to 1 s');
    const { data } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
    expect(data.groups.map(({ samples }: { samples: number }) => samples)).toEqual([60, 400]);
  });

  it('shows patients only to who asks, and writes nothing of them', async () => {
    const argv = ['data', 'scan', at('sleep'), '--out', at('p.jsonl'), '--overwrite'];
    const shown = await spotr(...argv, '--show-patient');
    expect(shown.out).toMatch(/p0n1\.edf\s+.*Secret_Name/);
    expect((await spotr(...argv)).out).not.toMatch(/Secret/);
    expect(readFileSync(at('p.jsonl'), 'utf8')).not.toMatch(/Secret/);
  });

  it('labels from a table, whose paths are from its own folder', async () => {
    const file = at('t.jsonl');
    await spotr('data', 'scan', at('heart'), '--rate', '250', '--out', file);
    writeFileSync(
      at('heart', 'labels.csv'),
      'file,start_sample,n_samples,label,split\nh0.csv,0,500,af,train\nh0.csv,500,250,sinus,train\n',
    );
    const { code } = await spotr('data', 'label', file, '--table', at('heart/labels.csv'));
    expect(code).toBe(0);
    expect(entriesOf(file)[0]).toMatchObject({
      split: 'train',
      labels: [
        { start: 0, seconds: 2, label: 'af' },
        { start: 2, seconds: 1, label: 'sinus' },
      ],
    });
    writeFileSync(at('heart', 'labels.csv'), 'file,label\nh9.csv,af\n');
    expect((await spotr('data', 'label', file, '--table', at('heart/labels.csv'))).err).toMatch(
      /not in the manifest, such as .*h9\.csv/,
    );
    writeFileSync(at('heart', 'labels.csv'), 'file,label,split\nh0.csv,a,train\nh0.csv,b,test\n');
    expect((await spotr('data', 'label', file, '--table', at('heart/labels.csv'))).err).toMatch(
      /two splits, train and test/,
    );
    rmSync(at('heart', 'labels.csv'));
  });

  it('calls a BIDS dataset the same, whichever part of it is scanned', async () => {
    const dataset = fileURLToPath(new URL('../data/cases/bids-subfolder/bom', import.meta.url));
    for (const part of ['', 'sub-01', 'sub-01/eeg', 'sub-01/eeg/sub-01_task-rest_eeg.edf']) {
      const file = at('bids.jsonl');
      await spotr('data', 'scan', join(dataset, part), '--out', file, '--overwrite');
      expect(entriesOf(file)).toMatchObject([{ dataset: 'bom', subject: 'sub-01', channels: ['Fp2'] }]);
    }
  });

  it('takes start_sample for a row of the file, whatever pauses come before it', async () => {
    const file = at('paused.jsonl');
    await spotr('data', 'scan', at('paused/eeg.csv'), '--out', file);
    const rows = [
      ['0', 'rest'],
      ['900', 'over'],
      ['1000', 'task'],
      ['1800', 'over'],
      ['2000', 'rest'],
      ['2500', 'task'],
      ['2600', 'out'],
    ].map(([start, label]) => `eeg.csv,${start},500,${label}`);
    writeFileSync(at('paused/labels.csv'), `file,start_sample,n_samples,label\n${rows.join('\n')}\n`);
    const { code, out } = await spotr('data', 'label', file, '--table', at('paused/labels.csv'));
    expect(code).toBe(0);
    expect(out).toMatch(/rows 900 to 1399 reaches over a pause of 30.01 s; it is left out/);
    expect(out).toMatch(/rows 1800 to 2299 reaches over a pause of 5.01 s; it is left out/);
    expect(out).toMatch(/rows 2600 to 3099 reaches out of the recording, which has rows 0 to 2999/);
    const [entry] = readManifest(readFileSync(file, 'utf8'), file).entries;
    // 500 samples are missing before row 2000; the pause of 30 s takes none.
    expect(entry?.labels).toEqual([
      { start: 0, seconds: 5, label: 'rest' },
      { start: 10, seconds: 5, label: 'task' },
      { start: 25, seconds: 5, label: 'rest' },
      { start: 30, seconds: 5, label: 'task' },
    ]);
  });

  it('refuses to train where a subject leaks', async () => {
    const file = at('leak.jsonl');
    await spotr('data', 'scan', at('sleep'), '--out', file);
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const leaking = lines.map((line, i) =>
      line.format ? { ...line, split: i % 2 ? 'train' : 'validation' } : line,
    );
    writeFileSync(file, leaking.map((line) => JSON.stringify(line)).join('\n'));
    const { code, err } = await spotr('pretrain', file, '--steps', '1', '--out', at('leak'));
    expect(code).toBe(1);
    expect(err).toMatch(
      /in several parts.*subject p-[0-9a-f]+ \((train and validation|validation and train)\)/,
    );
    expect(existsSync(at('leak'))).toBe(false);
  });

  it('measures reading against training', async () => {
    const argv = ['--rate', '250', '--batch-size', '2', '--batches', '2', at('heart')];
    const { code, out } = await spotr('data', 'bench', ...argv, '--memory', '0');
    expect(code).toBe(0);
    expect(out).toMatch(/read in a thread of its own.*\d\n.*trained on, tiny model/);
    expect(out).toMatch(/waits for windows \d+\.\d % of the time/);
  });

  it.each([
    [['data'], 2, /^$/],
    [['data', 'scna'], 2, /did you mean scan\?/],
    [['data', 'scan'], 2, /needs a file or a folder/],
    [['data', 'split'], 2, /takes one manifest, but got 0/],
    [['data', 'split', 'gone.jsonl'], 1, /gone\.jsonl/],
    [['data', 'label', 'm.jsonl'], 2, /either --table FILE or --annotations/],
    [['data', 'bench'], 2, /needs a file, a folder or a manifest/],
  ])('ends %j with code %i and one sentence', async (argv, code, message) => {
    const result = await spotr(...argv);
    expect(result.code).toBe(code);
    expect(result.err).toMatch(message);
  });

  it('does not write over a manifest unless told to', async () => {
    const file = at('once.jsonl');
    expect((await spotr('data', 'scan', at('sleep'), '--out', file)).code).toBe(0);
    expect((await spotr('data', 'scan', at('sleep'), '--out', file)).err).toMatch(
      /already exists; give another --out, --append or --overwrite/,
    );
    expect((await spotr('data', 'scan', at('sleep'), '--out', file, '--overwrite')).code).toBe(0);
    const appended = await spotr('data', 'scan', at('heart'), '--rate', '250', '--out', file, '--append');
    expect(appended.out).toMatch(/18 recordings in/);
    // Without a rate the text files cannot be opened, but they were before.
    await spotr('data', 'scan', at('sleep'), at('heart'), '--out', file, '--append');
    expect(entriesOf(file).map(({ path }) => path)).toContain('heart/h0.csv');
    expect(readFileSync(file, 'utf8').match(/heart\/h0\.csv/g)).toHaveLength(1);
  });
});
