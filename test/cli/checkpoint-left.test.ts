import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RunFolder } from '../../cli/common/run/run-folder.ts';
import { saveCheckpoint, whatIsLeft } from '../../cli/pretrain/checkpoint.ts';

let folder: RunFolder;
beforeEach(() => {
  folder = RunFolder.open({ verb: 'pretrain', out: mkdtempSync(join(tmpdir(), 'spotr-left-')), mode: 'new' });
});
afterEach(() => rmSync(folder.path, { recursive: true, force: true }));

const SAID = 'The last good checkpoint, of step 4, is in';

async function save(step: number, value = 1): Promise<void> {
  const tensors = new Map([['w', { shape: [3], data: Float32Array.of(0, value, 2) }]]);
  const trainer = { state: async () => ({ encoder: tensors, decoder: tensors, optimizer: tensors, step }) };
  await saveCheckpoint(folder, trainer, { step, seconds: 1, adapter: 'a' }, {});
}

it('says that a checkpoint is there only where it can be read back, whole and finite', async () => {
  await save(4);
  expect(whatIsLeft(folder, 4)).toBe(`${SAID} ${folder.path}.`);
  const file = folder.file('decoder.safetensors');
  const whole = readFileSync(file);
  for (const spoil of [
    () => writeFileSync(file, whole.subarray(0, -4)),
    () => writeFileSync(file, Buffer.concat([whole.subarray(0, -4), Buffer.alloc(4, 0xff)])),
    () => rmSync(file),
    () => writeFileSync(folder.file('state.json'), '{'),
    () => writeFileSync(folder.file('state.json'), '{"step": 5, "seconds": 1, "adapter": "a"}'),
    () => rmSync(folder.path, { recursive: true }),
  ]) {
    await save(4);
    spoil();
    const said = whatIsLeft(folder, 4);
    expect(said).not.toContain(SAID);
    expect(said).toMatch(/^Its checkpoint of step 4 is no longer usable: .*(safetensors|state\.json)/);
    RunFolder.open({ verb: 'pretrain', out: folder.path, mode: 'overwrite' });
  }
});

it('names the step that the files are of, and the tensor that is not finite', async () => {
  await save(6);
  expect(whatIsLeft(folder, 4)).toContain('checkpoint, of step 6, is in');
  await save(4, Number.POSITIVE_INFINITY);
  expect(whatIsLeft(folder, 4)).toContain('encoder.safetensors: w holds values that are not finite.');
});

it('says where the losses are only where they are', () => {
  expect(whatIsLeft(folder, undefined)).toBe('No checkpoint was saved yet, and no file is left.');
  folder.append('metrics.jsonl', '{}');
  expect(whatIsLeft(folder, undefined)).toBe(
    `No checkpoint was saved yet; its losses are in ${folder.path}.`,
  );
});
