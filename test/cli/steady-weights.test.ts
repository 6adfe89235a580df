import { copyFileSync, mkdtempSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCheckpoint } from '../../checkpoint/read.ts';
import { openFile } from '../../cli/common/checkpoint-files.ts';
import { readEncoder } from '../../cli/common/weights/encoder.ts';
import { nodeFileSource } from '../../data/node.ts';
import { writeEncoder } from '../support/weights.ts';

let home: string;
let path: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-steady-'));
  path = join(home, 'encoder.safetensors');
  writeEncoder(path);
});
afterAll(() => rmSync(home, { recursive: true }));

/** As a training does that saves: another file, as long as the one that it takes the place of. */
function replace(): void {
  copyFileSync(path, `${path}.partial`);
  renameSync(`${path}.partial`, path);
}

it('weights that a training replaces while they are read are no mixture of both', async () => {
  const { tensors } = await openCheckpoint(await openFile(path), path);
  await tensors[0]?.read();
  replace();
  await expect(tensors[1]?.read()).rejects.toThrow(
    /encoder\.safetensors: was replaced or changed while it was read\. Read it again\./,
  );
});

it('nor is the SHA-256 of weights that are embedded with that of others', async () => {
  expect((await readEncoder(path, 8)).sha256).toMatch(/^[0-9a-f]{64}$/);
  let isOver = false;
  const reading = readEncoder(path, 8).finally(() => {
    isOver = true;
  });
  const outcome = expect(reading).rejects.toThrow(/was replaced or changed while it was read/);
  while (!isOver) {
    replace();
    await setImmediate();
  }
  await outcome;
});

it('a file that is written to in its place counts as another, where parts belong together', async () => {
  const [steady, any] = [await openFile(path), await nodeFileSource(path)];
  utimesSync(path, 1, 2);
  await expect(steady.read(0, 8)).rejects.toThrow(/was replaced or changed/);
  expect(await any.read(0, 8)).toHaveLength(8);
});
