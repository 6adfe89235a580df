import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../checkpoint/read.ts';
import { readFacts } from '../../cli/common/embed/read.ts';
import { contractMetadata, contractOf, type Modality, RandomStream, readContract } from '../../data/index.ts';
import { nodeFileSource } from '../../data/node.ts';
import { spotr as runSpotr } from '../support/spotr-command.ts';
import { writeEncoder } from '../support/weights.ts';

let home: string;
const at = (...names: string[]) => join(home, ...names);

const TRAINED = ['Fp1', 'F3', 'C3', 'O1'];
const contract = contractOf(
  [
    {
      kind: 'eeg',
      channels: TRAINED.map((name) => ({ name, kind: 'eeg' as const, unit: 'uV' })),
      windows: 1200,
    },
  ],
  { windows: [2], mains: 'auto' },
);

/** A signal of its own for each name, the same whatever file it stands in. */
function writeRecording(file: string, header: readonly string[], sources = header): void {
  const columns = sources.map((name) => {
    const stream = new RandomStream(name.charCodeAt(0) * 256 + name.charCodeAt(1), 1);
    return Array.from({ length: 800 }, (_, i) => 30 * Math.sin(i / 7) + 20 * (stream.u32() / 2 ** 32 - 0.5));
  });
  const rows = Array.from({ length: 800 }, (_, i) =>
    columns.map((column) => column[i]?.toFixed(4)).join(','),
  );
  writeFileSync(at(file), `${header.join(',')}\n${rows.join('\n')}\n`);
}

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-contract-'));
  const metadata = { model: 'spotr', ...contractMetadata(contract) };
  writeEncoder(at('told.safetensors'), metadata);
  writeEncoder(at('untold.safetensors'));
  writeEncoder(at('damaged.safetensors'), { ...metadata, contract: '{"version":1}' });
  mkdirSync(at('r'));
  writeRecording('r/same.csv', TRAINED);
  writeRecording(
    'r/mixed.csv',
    ['EEG O1-Ref', 'EEG C3-Ref', 'EEG Fp1-Ref', 'EEG F3-Ref'],
    ['O1', 'C3', 'Fp1', 'F3'],
  );
  writeRecording('fewer.csv', ['O1', 'Pz', 'Fp1', 'C3']);
  writeRecording('r/pulse.csv', ['PLETH']);
});

afterAll(() => rmSync(home, { recursive: true }));

/** What it printed as one line. */
async function spotr(...argv: string[]) {
  const { out, err, code } = await runSpotr(...argv);
  return { code, err, out: out.replace(/\s+/g, ' ') };
}

const embed = (out: string, weights: string, modality: Modality | undefined, ...more: string[]) =>
  spotr(
    ...['embed', '--rate', '200', '--mains', 'none', '--weights', at(weights), '--out', at(out)],
    ...(modality ? ['--modality', modality] : []),
    ...more,
  );

/** Name of the recording, channels and embedding of each row. */
const rowsOf = (out: string) =>
  readFileSync(at(out), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => ({
      recording: /(\w+)\.csv/.exec(row)?.[1],
      values: row.split(',').slice(-64).join(),
      channels: row.split(',')[3],
    }));

const valuesOf = (out: string, name: string) =>
  rowsOf(out).flatMap(({ recording, values }) => (recording === name ? [values] : []));

const channelsOf = (out: string, name: string) =>
  rowsOf(out).find(({ recording }) => recording === name)?.channels;

describe('channels that weights were trained on', () => {
  it('come in the trained order, bit for bit as if they had been recorded so', async () => {
    const both = await embed('e.csv', 'told.safetensors', undefined, at('r'));
    expect(both).toMatchObject({ code: 0, err: '' });
    expect(both.out).toContain('trained on EEG, 4 channels ("Fp1", "F3", "C3", "O1")');
    expect(both.out).toContain(
      'mixed.csv: put into the trained order: "EEG Fp1-Ref", "EEG F3-Ref", "EEG C3-Ref", "EEG O1-Ref"',
    );
    expect(both.out).toMatch(/same\.csv: as trained: "Fp1", "F3", "C3", "O1"/);
    expect(both.out).toMatch(/passed over \S*pulse\.csv: is PPG, but the weights were trained on EEG/);
    expect(valuesOf('e.csv', 'same')).toHaveLength(2);
    expect(valuesOf('e.csv', 'mixed')).toEqual(valuesOf('e.csv', 'same'));
    expect(channelsOf('e.csv', 'mixed')).toBe('EEG Fp1-Ref;EEG F3-Ref;EEG C3-Ref;EEG O1-Ref');
    // Weights that say nothing have them as they are: another token.
    const untold = await embed(
      'u.csv',
      'untold.safetensors',
      'eeg',
      '--window',
      '2',
      at('r', 'same.csv'),
      at('r', 'mixed.csv'),
    );
    expect(untold.out.match(/do not state on which channels/g)).toHaveLength(1);
    expect(valuesOf('u.csv', 'same')).toEqual(valuesOf('e.csv', 'same'));
    expect(valuesOf('u.csv', 'mixed')).not.toEqual(valuesOf('e.csv', 'mixed'));
  });

  it('stay in the order in which a person names them', async () => {
    const named = ['--channels', 'O1,C3,Fp1,F3'];
    const { out } = await embed('n.csv', 'told.safetensors', 'eeg', ...named, at('r', 'same.csv'));
    expect(out).toContain('4 of 4 trained channels; "O1" takes the position row of "Fp1"');
    expect(channelsOf('n.csv', 'same')).toBe('O1;C3;Fp1;F3');
    expect(valuesOf('n.csv', 'same')).not.toEqual(valuesOf('e.csv', 'same'));
  });

  it('are told where some are missing and others were not trained, in words and in the file', async () => {
    const argv = [at('fewer.csv'), at('r', 'same.csv')];
    const { out } = await embed('f.parquet', 'told.safetensors', 'eeg', ...argv);
    const text =
      '3 of 4 trained channels, put into the trained order; missing: "F3"; not trained: "Pz"; "Pz" takes the position row of "F3"';
    expect(out).toContain(`fewer.csv: ${text}`);
    const { metadata } = await readFacts(at('f.parquet'));
    const told = metadata.key_value_metadata?.find(({ key }) => key === 'spotr.channels')?.value;
    expect(JSON.parse(told ?? '')).toEqual({
      ways: [
        { order: 'partial', text, channels: ['Fp1', 'Pz', 'C3', 'O1'], recordings: 1 },
        { order: 'same', text: 'as trained: "Fp1", "F3", "C3", "O1"', channels: TRAINED, recordings: 1 },
      ],
    });
  });

  it('are refused where they are of another kind, unless somebody wants them', async () => {
    const other = await embed('p.csv', 'told.safetensors', 'ppg', at('r', 'pulse.csv'));
    expect(other.code).toBe(1);
    expect(other.err).toMatch(/pulse\.csv: is PPG, but the weights were trained on EEG; .*--other-kinds\./);
    const wanted = await embed('p.csv', 'told.safetensors', 'ppg', '--other-kinds', at('r', 'pulse.csv'));
    expect(wanted).toMatchObject({ code: 0, err: '' });
    expect(wanted.out).toContain('none of the names was trained; "PLETH" takes the position row of "Fp1"');
    // Of a labelled task none is left out in silence.
    const probe = await spotr(
      'probe',
      'synthetic:rhythm',
      '--weights',
      at('told.safetensors'),
      '--out',
      at('probe'),
    );
    expect(probe).toMatchObject({
      code: 1,
      err: expect.stringMatching(/is ECG, but the weights were trained on EEG/),
    });
  });

  it('are shown by inspect, refused where they are damaged, and kept by convert both ways', async () => {
    const shown = await spotr('inspect', at('told.safetensors'));
    expect(shown.out).toContain('rate 200 Hz, with --mains auto');
    expect(shown.out).toContain('channels EEG, 4 channels in uV, 1,200 windows: Fp1, F3, C3, O1');
    const damaged = await embed('d.csv', 'damaged.safetensors', 'eeg', at('r', 'same.csv'));
    expect(damaged).toMatchObject({
      code: 1,
      err: expect.stringMatching(/damaged\.safetensors: its channel contract .* has rate missing/),
    });
    expect((await spotr('convert', at('told.safetensors'), at('told.pt'))).code).toBe(0);
    expect((await spotr('convert', at('told.pt'), at('back.safetensors'))).code).toBe(0);
    const back = await openCheckpoint(await nodeFileSource(at('back.safetensors')), 'w');
    expect(readContract(back.metadata, 'w')).toEqual(contract);
    await embed('t.csv', 'told.pt', 'eeg', at('r', 'mixed.csv'));
    expect(valuesOf('t.csv', 'mixed')).toEqual(valuesOf('e.csv', 'mixed'));
  });
});
