import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFiles } from '../../data/open.ts';
import { openPaths } from '../../data/open-node.ts';
import type { Recording } from '../../data/recording.ts';
import { chooseChannels } from '../../data/windows/channel-choice.ts';
import { entryOf } from './open-bytes.ts';
import { edfBytes } from './writers.ts';

const wave = (seed: number) =>
  Array.from({ length: 512 }, (_, i) => Math.round(900 * Math.sin(i / 3 + seed)));
const edf = edfBytes({
  records: 2,
  patient: 'SECRETNAME F 01-JAN-1950',
  signals: ['Cz', 'Pz', 'VEOG', 'Oz'].map((label, i) => ({
    label,
    unit: 'uV',
    perRecord: 256,
    values: wave(i),
  })),
});
const physio = gzipSync(
  Array.from({ length: 400 }, (_, i) => `${i % 50}\t${i === 3 ? 'n/a' : i % 7}`).join('\n'),
);

const FILES: Readonly<Record<string, string | Uint8Array>> = {
  'dataset_description.json': '{"Name": "x", "BIDSVersion": "1.9.0"}',
  'participants.tsv': 'participant_id\tage\tsex\nsub-01\t73\tSECRETSEX\n',
  README: 'text',
  'task-rest_eeg.json': '{"PowerLineFrequency": 60, "SamplingFrequency": 256}',
  'task-rest_events.tsv': 'onset\tduration\ttrial_type\n9\t1\tgeneral\n',
  'sub-01/sub-01_task-rest_eeg.json': '{"PowerLineFrequency": 50}',
  'sub-01/ses-a/eeg/sub-01_ses-a_task-rest_run-1_eeg.edf': edf,
  'sub-01/ses-a/eeg/sub-01_ses-a_task-rest_run-1_channels.tsv':
    'name\ttype\tunits\tstatus\tstatus_description\nCz\tEEG\tuV\tgood\tn/a\nPz\tEEG\tuV\tbad\tloose\nVEOG\tVEOG\tuV\tgood\tn/a\nOz\tEEG\tuV\tgood\tn/a\n',
  'sub-01/ses-a/eeg/sub-01_ses-a_task-rest_run-1_events.tsv':
    'onset\tduration\ttrial_type\tresponse_time\n0.5\t0.25\tblink\t3\n1\tn/a\tn/a\t1\nn/a\t0\tx\t1\n',
  'sub-01/ses-a/eeg/sub-01_ses-a_scans.tsv': 'filename\tacq_time\n',
  'sub-02/eeg/sub-02_task-rest_eeg.edf': edf,
  'sub-02/eeg/sub-02_task-other_eeg.json': '{"PowerLineFrequency": 16}',
  'sub-02/eeg/sub-02_task-rest_eeg.json': '{"SamplingFrequency": 999, ',
  'sub-02/beh/sub-02_task-rest_recording-heart_physio.tsv.gz': physio,
  'sub-02/beh/sub-02_task-rest_recording-heart_physio.json':
    '{"Columns": ["PPG", "respiratory"], "SamplingFrequency": 100, "StartTime": 0}',
  'sub-03/ieeg/sub-03_task-rest_ieeg.edf': edf,
  'sub-03/ieeg/sub-03_task-rest_channels.tsv': 'name\ttype\tunits\nCz\tSEEG\tuV\n',
  'derivatives/clean/dataset_description.json': '{"Name": "clean", "DatasetType": "derivative"}',
  'derivatives/clean/sub-01/eeg/sub-01_task-rest_desc-clean_eeg.edf': edf,
  'sourcedata/raw.gdf': 'GDF 1',
  'code/run.py': 'pass',
};

const short = ({ name }: Recording) => name.slice(name.lastIndexOf('/') + 1);

function check(recordings: readonly Recording[]): void {
  const byName = new Map(recordings.map((recording) => [short(recording), recording]));
  const first = byName.get('sub-01_ses-a_task-rest_run-1_eeg.edf');
  // The file nearest to the recording wins; others fill in.
  expect(first).toMatchObject({ subject: 'sub-01', modality: 'eeg', mains: 50 });
  expect(first?.channels[1]).toMatchObject({ kind: 'eeg', bad: expect.stringMatching(/marked bad.*loose/) });
  expect(first?.channels[2]).toMatchObject({ label: 'VEOG', kind: 'other' });
  const second = byName.get('sub-02_task-rest_eeg.edf');
  expect(second).toMatchObject({ subject: 'sub-02', mains: 60 });
  expect(second?.notes.join()).toMatch(/sub-02_task-rest_eeg\.json is not a JSON object/);
  const third = byName.get('sub-03_task-rest_ieeg.edf');
  expect(third).toMatchObject({ subject: 'sub-03', modality: 'ieeg' });
  expect(third?.channels.map(({ kind }) => kind)).toEqual(['ieeg', undefined, undefined, undefined]);
  expect(third?.notes.join()).toMatch(/does not describe Pz, VEOG, Oz/);
}

describe('a BIDS dataset', () => {
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spotr-bids-'));
    for (const [path, content] of Object.entries(FILES)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('is walked as one: its recordings with what the files beside them say, and the rest by folder', async () => {
    const { recordings, skipped } = await openPaths([folder]);
    expect(recordings.map(short).sort()).toEqual([
      'sub-01_ses-a_task-rest_run-1_eeg.edf',
      'sub-02_task-rest_eeg.edf',
      'sub-02_task-rest_recording-heart_physio.tsv.gz',
      'sub-03_task-rest_ieeg.edf',
    ]);
    check(recordings);
    expect(skipped.map(({ path, reason }) => [path.slice(folder.length + 1), reason])).toEqual([
      ['code/', expect.stringMatching(/^holds 1 files of a BIDS dataset/)],
      ['derivatives/', expect.stringMatching(/^holds 2 files/)],
      ['sourcedata/', expect.stringMatching(/^holds 1 files/)],
    ]);
  });

  it('tells of bad and other channels when channels are chosen', async () => {
    const path = join(folder, 'sub-01/ses-a/eeg/sub-01_ses-a_task-rest_run-1_eeg.edf');
    const { recordings } = await openPaths([path]);
    const { channels, leftOut } = await chooseChannels(recordings[0] as Recording);
    expect(channels).toEqual([0, 3]);
    expect(leftOut).toEqual([
      { label: 'Pz', reason: 'is marked bad in channels.tsv (loose)' },
      { label: 'VEOG', reason: expect.stringMatching(/another kind/) },
    ]);
  });

  it('gives events as annotations: those of the recording, else those of the dataset', async () => {
    const { recordings } = await openPaths([folder]);
    const events = async (name: string) =>
      recordings.find((recording) => short(recording) === name)?.annotations?.();
    expect(await events('sub-01_ses-a_task-rest_run-1_eeg.edf')).toEqual([
      { onset: 0.5, duration: 0.25, text: 'blink' },
      { onset: 1, duration: 0, text: 'event' },
    ]);
    expect(await events('sub-02_task-rest_eeg.edf')).toEqual([{ onset: 9, duration: 1, text: 'general' }]);
  });

  it('reads physiological signals from their compressed tables', async () => {
    const { recordings } = await openPaths([folder]);
    const heart = recordings.find(({ format }) => format === 'BIDS physio') as Recording;
    expect(heart).toMatchObject({ subject: 'sub-02', modality: 'ppg' });
    expect(heart.channels).toMatchObject([
      { label: 'PPG', rate: 100, length: 400 },
      { label: 'respiratory', rate: 100, length: 400 },
    ]);
    expect([...((await heart.read([1], 2, 3))[0] as Float64Array)]).toEqual([2, Number.NaN, 4]);
  });

  it('is known from a single file too, also by a relative path, and says the same of it', async () => {
    const paths = Object.keys(FILES).filter((path) => /^sub-.*\.edf$/.test(path));
    const named = paths.map((path) => relative(process.cwd(), join(folder, path)));
    check((await openPaths(named)).recordings);
    expect((await openPaths(named)).recordings[0]?.name).toBe(named[0]);
  });

  it('says the same of its recordings where a folder in it is named, also by a relative path', async () => {
    const facts = ({ subject, modality, mains, channels, notes }: Recording) => ({
      ...{ subject, modality, mains, channels },
      // Names of files are as they were given.
      notes: notes.map((note) => note.replace(/\S*\//, '')),
    });
    const whole = (await openPaths([folder])).recordings;
    const parts = ['sub-01', 'sub-02/beh', 'sub-02/eeg', 'sub-03/ieeg'].map((part) => join(folder, part));
    for (const paths of [parts, parts.map((part) => relative(process.cwd(), part))]) {
      const { recordings, skipped } = await openPaths(paths);
      check(recordings);
      expect(recordings.map(facts)).toEqual(whole.map(facts));
      expect(recordings.every(({ name }, i) => name.startsWith(paths[i] as string))).toBe(true);
      expect(await recordings[2]?.annotations?.()).toEqual([{ onset: 9, duration: 1, text: 'general' }]);
      expect(skipped).toEqual([]);
    }
  });

  it('reads tables and JSON files that begin with a mark of the byte order', async () => {
    const there = fileURLToPath(new URL('cases/bids-subfolder/bom', import.meta.url));
    for (const part of ['', 'sub-01', 'sub-01/eeg', 'sub-01/eeg/sub-01_task-rest_eeg.edf']) {
      const [recording] = (await openPaths([join(there, part)])).recordings;
      expect(recording?.channels.map(({ label, bad }) => [label, bad])).toEqual([
        ['Fp1', 'is marked bad in channels.tsv'],
        ['Fp2', undefined],
      ]);
    }
  });

  it('opens derivatives that are named themselves', async () => {
    for (const named of ['derivatives/clean', 'derivatives', 'derivatives/clean/sub-01']) {
      const { recordings } = await openPaths([join(folder, named)]);
      expect(recordings.map(({ subject }) => subject)).toEqual(['sub-01']);
    }
  });

  it('is the same from files that a browser was given', async () => {
    const { recordings, skipped } = await openFiles(
      Object.entries(FILES).map(([path, content]) => entryOf(`ds/${path}`, content)),
    );
    check(recordings);
    expect(skipped.map(({ path }) => path)).toEqual(['ds/derivatives/', 'ds/sourcedata/', 'ds/code/']);
  });

  it('never passes on what it knows of people', async () => {
    const { recordings, skipped } = await openPaths([folder]);
    const all = JSON.stringify([recordings, skipped]) + (await events(recordings));
    expect(all).not.toMatch(/SECRET|73/);
    expect(all).toMatch(/sub-01/);
  });
});

async function events(recordings: readonly Recording[]): Promise<string> {
  const all = await Promise.all(recordings.map(({ annotations }) => annotations?.()));
  return JSON.stringify(all);
}
