/** What a folder that anybody may have written says of a finished run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CommandError } from '../../cli/common/errors.ts';
import { RunFolder } from '../../cli/common/run/run-folder.ts';
import { readSummary } from '../../cli/common/run/summary.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-summary-'));
});
afterAll(() => rmSync(home, { recursive: true }));

const losses = { heldOutLoss: 0.5, predictZeroLoss: 1, windows: 3 };
const code = { components: 32, loss: 0.4 };
const of = (more: object) => JSON.stringify({ modalities: { eeg: { ...losses, ...more } } });
const read = (text: string) => {
  writeFileSync(join(home, 'summary.json'), text);
  return readSummary(RunFolder.toRead(home));
};

it.each([
  of({}),
  of({ yardsticks: { positionBlindLoss: 0.9, pca: [code] } }),
  // What is not finite is left out where it is written.
  of({ yardsticks: { pca: [{ components: 32 }] } }),
])('reads %s', (text) => {
  expect(read(text)).toEqual(JSON.parse(text));
});

it.each([
  '',
  '{',
  'null',
  '7',
  '[]',
  '{"modalities": null}',
  '{"modalities": []}',
  '{"modalities": {"eeg": null}}',
  of({ heldOutLoss: '1' }),
  of({ windows: null }),
  of({ yardsticks: null }),
  of({ yardsticks: {} }),
  of({ yardsticks: { positionBlindLoss: '1', pca: [code] } }),
  of({ yardsticks: { positionBlindLoss: 1, pca: [null] } }),
  of({ yardsticks: { positionBlindLoss: 1, pca: [{ components: [] }] } }),
])('refuses %s', (text) => {
  expect(() => read(text)).toThrow(CommandError);
  expect(() => read(text)).toThrow(/summary\.json: holds no losses of a finished run/);
});
