import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { ChannelFacts } from '../../cli/common/embed/facts.ts';
import { readFacts } from '../../cli/common/embed/read.ts';
import { contractMetadata, contractOf } from '../../data/index.ts';
import { SIGNAL_OPTIONS, writeSignals } from '../support/signals.ts';
import { journalHas, pointIn, startSpotr } from '../support/spotr-process.ts';
import { writeEncoder } from '../support/weights.ts';

let home: string;
const at = (name: string) => join(home, name);
const argv = (out: string, ...more: string[]) => [
  ...['embed', ...SIGNAL_OPTIONS, '--weights', 'weights', '--batch-size', '2', '--out', out, ...more],
  ...['a.npy', 'b.npy', 'c.npy'],
];

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-resume-'));
  // Channels are put into the trained order, so that this too comes out alike.
  const channels = ['2', '1'].map((name) => ({ name }));
  const contract = contractOf([{ kind: 'eeg', channels, windows: 9 }], { windows: [1] });
  writeEncoder(at('weights'), { model: 'spotr', ...contractMetadata(contract) });
  for (const [i, name] of ['a', 'b', 'c'].entries())
    writeSignals(at(`${name}.npy`), { seconds: 40 + i, channels: 2 + (i % 2), seed: i });
});

afterAll(() => rmSync(home, { recursive: true }));

function start(words: readonly string[]) {
  const spotr = startSpotr(words, home);
  onTestFinished(() => void spotr.child.kill('SIGKILL'));
  return spotr;
}

it('goes on after Ctrl-C and after a kill, and ends with the bytes of a run that was left alone', async () => {
  const left = start(argv('left.parquet'));
  expect(await left.ended).toBe(0);

  const interrupted = start(argv('e.parquet'));
  expect(await journalHas(at('e.parquet.partial'), 0, interrupted)).toBe(true);
  interrupted.child.kill('SIGINT');
  expect(await interrupted.ended).toBe(130);
  const [, rows] =
    /Interrupted after (\d+) embeddings; they are kept in e\.parquet\.partial/.exec(interrupted.said()) ?? [];
  expect(pointIn(at('e.parquet.partial'))).toBe(Number(rows));
  expect(interrupted.said()).toContain(`To resume:\n  npx spotr ${argv('e.parquet').join(' ')}`);
  expect(existsSync(at('e.parquet'))).toBe(false);

  const killed = start(argv('e.parquet'));
  expect(await journalHas(at('e.parquet.partial'), Number(rows), killed)).toBe(true);
  killed.child.kill('SIGKILL');
  expect(await killed.ended).toBe(null);
  expect(existsSync(at('e.parquet'))).toBe(false);
  expect(existsSync(at('e.parquet.partial/lock'))).toBe(true);
  const kept = pointIn(at('e.parquet.partial'));

  const other = start(argv('e.parquet', '--window', '2'));
  expect(await other.ended).toBe(1);
  expect(other.said()).toMatch(
    /e\.parquet\.partial belongs to another run: --window was 1 and is 2; --stride was 1 and is 2\. Delete it/,
  );

  const last = start(argv('e.parquet'));
  expect(await last.ended).toBe(0);
  expect(last.said()).toMatch(new RegExp(`resumed +${kept} embeddings of an earlier run are kept`));
  expect(last.said()).toMatch(/123 embeddings of 64 values in e\.parquet/);
  expect(readFileSync(at('e.parquet')).equals(readFileSync(at('left.parquet')))).toBe(true);
  expect(readdirSync(home).filter((name) => name.includes('partial'))).toEqual([]);
  const { metadata } = await readFacts(at('e.parquet'));
  const told = metadata.key_value_metadata?.find(({ key }) => key === 'spotr.channels')?.value ?? '';
  expect(
    JSON.parse(told).ways.map((way: ChannelFacts['ways'][0]) => [
      way.order,
      way.channels.join(),
      way.recordings,
    ]),
  ).toEqual([
    ['reordered', '2,1', 2],
    ['partial', '2,1,3', 1],
  ]);
});

it('leaves a folder to the process that is at work in it', async () => {
  const first = start(argv('two.csv'));
  expect(await journalHas(at('two.csv.partial'), 0, first)).toBe(true);
  const second = start(argv('two.csv'));
  // Whichever comes to its end first, the file is whole, and made by one of them.
  const codes = await Promise.all([first.ended, second.ended]);
  expect(codes[0]).toBe(0);
  if (codes[1] !== 0) expect(second.said()).toMatch(/is at work in it; wait|already exists/);
  expect(readFileSync(at('two.csv'), 'utf8').trim().split('\n')).toHaveLength(124);
});
