import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seenRows } from '../../cli/common/weights/seen-recordings.ts';
import { beginningInWords, defaultLengthRows } from '../../cli/pretrain/run.ts';

let home: string;
const at = (...names: string[]) => join(home, ...names);
const encoder = () => at('run', 'encoder.safetensors');
const leave = (config: string) => writeFileSync(at('run', 'config.json'), config);

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-seen-'));
  mkdirSync(at('run'));
});
afterAll(() => rmSync(home, { recursive: true }));

it('names the recordings that the run was given: files, folders and manifests, and no others', () => {
  const lines = [
    { path: 'm/learned.edf', split: 'train' },
    { path: 'm/tested.edf', split: 'test' },
  ];
  writeFileSync(at('set.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
  const paths = [at('a.edf'), at('night'), at('set.jsonl'), at('gone.jsonl')];
  leave(
    JSON.stringify({ settings: { paths }, passedOver: [{ path: at('night', 'broken.edf'), reason: 'x' }] }),
  );
  const names = [
    ...[at('a.edf'), at('night', 'deep', 'b.edf'), at('m', 'learned.edf')],
    ...[at('night2', 'c.edf'), at('a.edf.gz'), at('m', 'tested.edf'), at('night', 'broken.edf')],
  ];
  const [[label, text] = [], ...others] = seenRows(encoder(), names);
  expect(others).toEqual([]);
  expect(label).toBe('  seen');
  expect(text).toContain(
    '3 of 7 recordings were given to the run that made these weights, to train on or to hold out',
  );
  for (const [i, name] of names.entries())
    expect(text?.includes(`${name},`) || text?.includes(`${name};`)).toBe(i < 3);
  expect(seenRows(encoder(), [at('night2', 'c.edf')])).toEqual([]);
  expect(seenRows(encoder(), [at('a.edf'), at('a.edf')])[0]?.[1]).toContain('1 of 1 recording was given');
});

it('says nothing where nothing is known', () => {
  for (const config of [
    '{',
    'null',
    '[]',
    '{"settings":7}',
    '{"format":"spotr","files":{}}',
    '{"settings":{"paths":[]}}',
  ]) {
    leave(config);
    expect(seenRows(encoder(), [at('a.edf')])).toEqual([]);
  }
  writeFileSync(at('damaged.jsonl'), '{"path":');
  leave(JSON.stringify({ settings: { paths: [at('damaged.jsonl')] } }));
  expect(seenRows(encoder(), [at('a.edf')])).toEqual([]);
  leave('{"settings":{"paths":[7,null]},"passedOver":[null]}');
  expect(seenRows(encoder(), [at('a.edf')])).toEqual([]);
  // Of half a gigabyte Node would make no string, and end.
  leave(JSON.stringify({ settings: { paths: [at('a.edf')] } }));
  expect(seenRows(encoder(), [at('a.edf')])).toHaveLength(1);
  truncateSync(at('run', 'config.json'), 2 ** 29);
  expect(seenRows(encoder(), [at('a.edf')])).toEqual([]);
  rmSync(at('run', 'config.json'));
  expect(seenRows(encoder(), [at('a.edf')])).toEqual([]);
  mkdirSync(at('run', 'config.json'));
  expect(seenRows(encoder(), [at('a.edf')])).toEqual([]);
  rmSync(at('run', 'config.json'), { recursive: true });
});

it('says how little of PPG a window of the default length holds', () => {
  const data = (...sources: string[]) => ({ groups: sources.map((source) => ({ source, samples: 200 })) });
  const rows = (given: string[], own: object, paths = ['a.edf']) =>
    defaultLengthRows({ paths, window: 1 }, new Set(given), own as Record<string, unknown>);
  expect(rows([], data('eeg', 'ppg'))[0]?.[1]).toMatch(/^windows are of 1 s.*one heartbeat.*--window 10/);
  expect(rows([], data('eeg'))).toEqual([]);
  expect(rows(['window'], data('ppg'))).toEqual([]);
  expect(rows(['windows'], data('ppg'))).toEqual([]);
  expect(rows([], data('ppg'), [])).toEqual([]);
  expect(rows([], { groups: [{ source: 'ppg', samples: 2000 }] })).toEqual([]);
  expect(rows([], {})).toEqual([]);
});

it('says where the first values of a run come from', () => {
  const drawn = { positionInit: 'normal', weightInit: 'xavier' } as unknown as Parameters<
    typeof beginningInWords
  >[0];
  const from = (decoder: string | null) => beginningInWords(drawn, { weights: 'bundled:tiny', decoder });
  expect(beginningInWords(drawn, undefined)).toBe('positions normal, weights xavier');
  expect(from('abc')).toBe('positions and weights of bundled:tiny');
  expect(from(null)).toBe(
    'positions and weights of bundled:tiny for the encoder, for the renderer positions normal, weights xavier',
  );
});
