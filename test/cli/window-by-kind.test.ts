/** Weights that were trained on several kinds of signal, each in windows of its own length. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchesOf } from '../../cli/common/embed/batches.ts';
import { differences } from '../../cli/common/embed/facts.ts';
import { EMBED_OPTIONS, type EmbedValues, settingsOf } from '../../cli/common/embed/options.ts';
import { expectedWindows, findRecordings } from '../../cli/common/embed/recordings.ts';
import { factsOf, runEmbedding } from '../../cli/common/embed/run.ts';
import { targetOf } from '../../cli/common/embed/target.ts';
import { labelledTask } from '../../cli/common/labelled/load-task.ts';
import { LABELLED_OPTIONS, type LabelledValues } from '../../cli/common/labelled/options.ts';
import { parseOptions } from '../../cli/common/options.ts';
import { readEncoder } from '../../cli/common/weights/encoder.ts';
import {
  cutAsTrained,
  cutInWords,
  filteredAsTrained,
  type TrainedOn,
} from '../../cli/common/weights/trained-on.ts';
import { modelCard } from '../../cli/publish/card.ts';
import { type FinishedRun, type PublishedConfig, publicFacts } from '../../cli/publish/read-run.ts';
import { cutRecordings } from '../../cli/reconstruct/cut.ts';
import { RECONSTRUCT_OPTIONS } from '../../cli/reconstruct/options.ts';
import {
  type ChannelContract,
  contractMetadata,
  contractOf,
  type Modality,
  type TrainedWindows,
  writeManifest,
} from '../../data/index.ts';
import { montagesInWords } from '../../workflows/channel-contract.ts';
import { spotr as runSpotr } from '../support/spotr-command.ts';
import { writeEncoder } from '../support/weights.ts';

let home: string;
const at = (...names: string[]) => join(home, ...names);

const trainedOn = (
  kind: Modality,
  names: readonly string[],
  seconds: number,
  windows: number,
): TrainedWindows => ({
  ...{ kind, seconds, windows },
  channels: names.map((name) => ({ name, kind })),
});
const contract = contractOf(
  [
    trainedOn('eeg', ['C3', 'C4'], 4, 1200),
    trainedOn('ppg', ['PLETH'], 10, 300),
    trainedOn('eeg', ['C3', 'C4'], 1, 40),
  ],
  {},
);
const trained: TrainedOn = { windows: contract.windows, bandPass: undefined, detrend: undefined, contract };
/** As it was written before kinds had lengths of their own. */
const former: ChannelContract = {
  ...contract,
  lengths: undefined,
  montages: contract.montages.map(({ lengths: _, ...rest }) => rest),
} as unknown as ChannelContract;

function writeRecording(path: string, names: readonly string[], seconds: number): void {
  const rows = Array.from({ length: seconds * 200 }, (_, i) =>
    names.map((__, channel) => (30 * Math.sin(i / (7 + channel)) + 9 * Math.sin(i * i)).toFixed(4)).join(','),
  );
  writeFileSync(path, `${names.join(',')}\n${rows.join('\n')}\n`);
}

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-kinds-'));
  writeEncoder(at('two'), { model: 'spotr', ...contractMetadata(contract) });
  writeEncoder(at('former'), { model: 'spotr', ...contractMetadata(former) });
  mkdirSync(at('r'));
  writeRecording(at('r', 'a.csv'), ['C3', 'C4'], 13);
  writeRecording(at('r', 'b.csv'), ['PLETH'], 24);
  writeRecording(at('r', 'c.csv'), ['C3'], 9);
});

afterAll(() => rmSync(home, { recursive: true }));

const OPTIONS = ['--rate', '200', '--mains', 'none', '--batch-size', '2'];

const valuesOf = (on: TrainedOn | undefined, ...more: string[]): EmbedValues =>
  cutAsTrained(parseOptions([...OPTIONS, ...more], EMBED_OPTIONS).values, on);

/** What it printed as one line. */
async function embed(weights: string, out: string, ...more: string[]) {
  const {
    code,
    err,
    out: told,
  } = await runSpotr('embed', ...OPTIONS, '--weights', at(weights), '--out', at(out), ...more);
  return { code, err, out: told.replace(/\s+/g, ' ') };
}

/** Of each row the recording, start and length of its window, and the embedding. */
const rowsOf = (out: string) =>
  readFileSync(at(out), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const cells = line.split(',');
      const name = /(\w)\.csv/.exec(cells[0] ?? '')?.[1];
      return { place: [name, Number(cells[1]), Number(cells[2])], values: cells.slice(-64).join() };
    });
const placesIn = (out: string) => rowsOf(out).map(({ place }) => place);
const vectorsOf = (out: string, name: string) =>
  rowsOf(out).flatMap(({ place, values }) => (place[0] === name ? [values] : []));

const PLACES = [
  ['a', 0, 4],
  ['a', 4, 4],
  ['a', 8, 4],
  ['b', 0, 10],
  ['b', 10, 10],
  ['c', 0, 4],
  ['c', 4, 4],
];

describe('embed', () => {
  it('cuts each kind as long as the weights were trained on it, and gives what each recording gives alone', async () => {
    const all = await embed('two', 'all.csv', at('r'));
    expect(all).toMatchObject({ code: 0, err: '' });
    expect(all.out).toContain(
      'windows of EEG 4 s, PPG 10 s at 200 Hz, as the weights were trained (on EEG of 1 s too); mains hum left in',
    );
    expect(placesIn('all.csv')).toEqual(PLACES);
    const about = JSON.parse(readFileSync(at('all.csv.about.json'), 'utf8'));
    const byKind = { eeg: 4, ppg: 10, other: 4 };
    expect(about['spotr.settings']).toMatchObject({ window: byKind, stride: byKind });
    const alone = await embed('two', 'b.csv', at('r', 'b.csv'));
    expect(alone.out).toContain('windows of 10 s at 200 Hz, as the weights were trained on PPG; mains');
    expect(vectorsOf('b.csv', 'b')).toHaveLength(2);
    expect(vectorsOf('b.csv', 'b')).toEqual(vectorsOf('all.csv', 'b'));
  });

  it('goes by what the channels are that are used, and by the length and the stride that are asked for', async () => {
    writeRecording(at('both.csv'), ['C3', 'C4', 'PLETH'], 13);
    const startsOf = async (path: string, on: TrainedOn, ...more: string[]) => {
      const values = valuesOf(on, ...more);
      const found = await findRecordings([path], values, undefined, on);
      const starts: number[] = [];
      const lengths = new Set<number>();
      for await (const batch of batchesOf(found.own, { recording: 0, window: 0 }, 9, found.optionsOf)) {
        starts.push(...batch.starts);
        lengths.add(batch.shape[2] / 200);
      }
      const expected = found.own.map((one) => expectedWindows(one, found.optionsOf(one)));
      expect(expected).toEqual([starts.length]);
      return { starts, lengths: [...lengths], settings: settingsOf(values) };
    };
    expect(await startsOf(at('both.csv'), trained)).toMatchObject({ starts: [0, 4, 8], lengths: [4] });
    const named = ['--channels', 'PLETH'];
    expect(await startsOf(at('both.csv'), trained, ...named)).toMatchObject({ starts: [0], lengths: [10] });
    expect(await startsOf(at('both.csv'), trained, ...named, '--stride', '1.5')).toMatchObject({
      ...{ starts: [0, 1.5, 3], lengths: [10] },
      settings: { window: { eeg: 4, ppg: 10, other: 4 }, stride: 1.5 },
    });
    expect(await startsOf(at('both.csv'), trained, ...named, '--window', '6')).toMatchObject({
      ...{ starts: [0, 6], lengths: [6] },
      settings: { window: 6, stride: 6 },
    });
    // Weights of before know of one length for all.
    expect(await startsOf(at('both.csv'), { ...trained, contract: former }, ...named)).toMatchObject({
      ...{ starts: [0, 4, 8], lengths: [4] },
      settings: { window: 4, stride: 4 },
    });
  });

  it('puts windows of one length only into a batch', async () => {
    const found = await findRecordings([at('r')], valuesOf(trained), undefined, trained);
    const shapes: (readonly number[])[] = [];
    for await (const { shape } of batchesOf(found.own, { recording: 0, window: 0 }, 9, found.optionsOf))
      shapes.push(shape);
    expect(shapes).toEqual([
      [3, 2, 800],
      [2, 1, 2000],
      [2, 1, 800],
    ]);
  });

  it('has parts that go together whatever kind each of them is of, and with none of one length', async () => {
    const weights = await readEncoder(at('two'), 8);
    const factsIn = async (index: number, ...more: string[]) => {
      const values = valuesOf(trained, ...more);
      const shard = { index, of: 2 };
      const found = await findRecordings([at('r')], values, shard, trained);
      const facts = factsOf({
        found,
        weights,
        values,
        shard,
        target: targetOf(at('parts'), shard),
        paths: [],
      });
      return { names: found.own.map(({ name }) => name.at(-5)), facts: { ...facts, shard: undefined } };
    };
    const [first, second] = [await factsIn(0), await factsIn(1)];
    expect([first.names, second.names]).toEqual([['b'], ['a', 'c']]);
    expect(differences(first.facts, second.facts)).toEqual([]);
    expect(differences(first.facts, (await factsIn(1, '--window', '4')).facts)).toEqual([
      '--window was {"eeg":4,"ppg":10,"other":4} and is 4',
      '--stride was {"eeg":4,"ppg":10,"other":4} and is 4',
    ]);
  });

  it('goes on with the windows that were to come, and ends with the bytes of a run that was left alone', async () => {
    const weights = await readEncoder(at('two'), 8);
    const values = valuesOf(weights.trained);
    const run = async (batches: number) => {
      const found = await findRecordings([at('r')], values, undefined, weights.trained);
      const stop = new AbortController();
      const began: unknown[] = [];
      let left = batches;
      const observer = {
        opened: () => {},
        began: (...told: unknown[]) => void began.push(...told),
        batch: () => (--left === 0 ? stop.abort() : undefined),
        ended: () => {},
      };
      const target = targetOf(at('stopped.csv'), undefined);
      const job = { target, found, weights, values, shard: undefined, paths: [at('r')] };
      return { ...(await runEmbedding({ ...job, signal: stop.signal, observer })), began };
    };
    // Two windows at a time, of one length: two and one of a, then two of b.
    expect(await run(3)).toMatchObject({ rows: 5, whole: false, began: [{ windows: 7, recordings: 3 }, 0] });
    expect(await run(9)).toMatchObject({ rows: 7, whole: true, began: [{ windows: 7, recordings: 3 }, 5] });
    for (const end of ['', '.about.json'])
      expect(readFileSync(at(`stopped.csv${end}`)).equals(readFileSync(at(`all.csv${end}`)))).toBe(true);
  });
});

it('reconstruct cuts each kind as long as the weights were trained on it', async () => {
  const { values: asked } = parseOptions([...OPTIONS, '--weights', at('two')], RECONSTRUCT_OPTIONS);
  const values = cutAsTrained(asked, trained);
  const cut = await cutRecordings([at('r')], values, (kinds) => kinds.join(), trained);
  expect(cut.recordings.map(({ name, shape }) => [name.at(-5), ...shape]).sort()).toEqual([
    ['a', 3, 2, 800],
    ['b', 2, 1, 2000],
    ['c', 2, 1, 800],
  ]);
  expect([...cut.kinds].sort()).toEqual(['eeg', 'ppg']);
  expect(cut.rows).toContainEqual(['windows', cut.kinds.join()]);
});

describe('what is said of lengths', () => {
  const rest = {
    stride: undefined,
    mains: 'none',
    units: 'correct',
    bandPass: undefined,
    detrend: undefined,
  } as const;
  const words = (kinds: readonly (Modality | undefined)[], window?: number) => {
    const cut = cutAsTrained({ ...rest, window }, trained);
    return cutInWords(cut, window !== undefined, trained, kinds).replace('; mains hum left in', '');
  };

  it('is true of each kind', () => {
    expect(words(['eeg'])).toBe('of 4 s at 200 Hz, as the weights were trained on EEG (on EEG of 1 s too)');
    expect(words(['ppg', 'ecg'])).toBe(
      'of PPG 10 s, ECG 4 s at 200 Hz, as the weights were trained on PPG; the weights were not trained on ECG',
    );
    expect(words(['ecg', undefined])).toBe(
      'of 4 s at 200 Hz, the weights were not trained on ECG; the recordings do not state their modality (set it with --modality), so whether the weights were trained on it is unknown',
    );
    expect(words(['ppg', 'eeg'], 1)).toBe(
      'of 1 s at 200 Hz, as the weights were trained on EEG (on EEG of 4 s too); but the weights were trained on PPG of 10 s',
    );
  });

  it('stands in the model card', () => {
    const config = {
      ...{
        spotr: '1.0.0',
        model: { parameters: 1 },
        heldOut: {},
        files: {},
        contract,
        training: { adapter: 'a' },
      },
      ...{ data: { kind: 'generated', kinds: [] }, preprocessing: { rate: 200, window: 4 } },
    } as unknown as PublishedConfig;
    const stated = { license: 'mit', title: 't', data: undefined, dataSets: [] };
    expect(modelCard(config, stated, { line: 'c', withheld: [] })).toContain(
      '\nWindows of EEG 4 s (also 1 s), PPG 10 s at 200 Hz.\n',
    );
    const startOf = (weights: string, decoder: string | null) => {
      const settings = { size: 'tiny', paths: [] };
      const run = { config: { settings, data: {}, from: { weights, encoder: 'ab', decoder } }, summary: {} };
      return publicFacts(run as unknown as FinishedRun).from;
    };
    const cardOf = (from: PublishedConfig['from']) =>
      modelCard({ ...config, ...(from && { from }) }, stated, { line: 'c', withheld: [] });
    expect(cardOf(undefined)).not.toContain('Trained on from');
    expect(cardOf(startOf('bundled:tiny', 'cd'))).toContain(
      '\nTrained on from bundled:tiny: encoder SHA-256 `ab`, renderer SHA-256 `cd`.\n',
    );
    // A folder's name is nobody's business.
    expect(startOf('/home/me/runs/mine', null)).toEqual({ encoder: 'ab', decoder: null });
    expect(cardOf(startOf('/home/me/runs/mine', null))).toContain(
      '\nTrained on from weights whose place is not published: encoder SHA-256 `ab`, a newly initialised renderer.\n',
    );
  });

  it('names five montages, and how many more there are', () => {
    const [montage] = contract.montages;
    const many = {
      ...contract,
      montages: Array.from({ length: 7 }, () => montage as typeof montage & {}),
      more: 2,
    };
    const lines = montagesInWords(many);
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toBe('and 4 more montages');
  });

  it('stands beside montages, and in inspect', async () => {
    expect(montagesInWords(contract)).toEqual([
      'EEG, 2 channels, 1,240 windows of 4, 1 s: C3, C4',
      'PPG, 1 channel, 300 windows of 10 s: PLETH',
    ]);
    const { out } = await runSpotr('inspect', at('two'));
    expect(out.replace(/\s+/g, ' ')).toContain('trained on windows of EEG 4 s (also 1 s), PPG 10 s');
  });
});

describe('a task of whose signal it is', () => {
  const values = filteredAsTrained(parseOptions([], LABELLED_OPTIONS).values, trained);
  const taskOf = async (kinds: readonly Modality[], more: Partial<LabelledValues> = {}) => {
    const paths = kinds.flatMap((kind) =>
      [0, 1].map((subject) => ({ path: `${kind}${subject}.csv`, subject: `${kind} ${subject}` })),
    );
    for (const { path } of paths)
      writeRecording(at(path), path.startsWith('eeg') ? ['C3', 'C4'] : ['PLETH'], 64);
    writeFileSync(
      at('m.jsonl'),
      writeManifest({ entries: paths.map((entry) => ({ ...entry, rate: 200 })), skipped: [] }),
    );
    const { task, rows } = await labelledTask(
      [at('m.jsonl')],
      { ...values, mains: 'none', identity: true, ...more },
      trained,
    );
    return {
      seconds: task.seconds,
      said: rows[0]?.[1],
      samples: task.recordings.map(({ shape }) => shape[2]),
    };
  };

  it('is of the length of its kind', async () => {
    expect(await taskOf(['ppg'])).toMatchObject({
      ...{ seconds: 10, samples: [2000, 2000] },
      said: expect.stringMatching(/, windows of 10 s, as the weights were trained on PPG$/),
    });
  });

  it('of several kinds asks for one length', async () => {
    await expect(taskOf(['eeg', 'ppg'])).rejects.toThrow(
      'trained on windows of EEG 4 s, PPG 10 s; the windows of a task are of one length: give it with --window, or name recordings of one kind.',
    );
    expect(await taskOf(['eeg', 'ppg'], { window: 4 })).toMatchObject({
      seconds: 4,
      said: expect.stringMatching(
        /, windows of 4 s, as the weights were trained on EEG \(on EEG of 1 s too\); but the weights were trained on PPG of 10 s$/,
      ),
    });
  });
});
