import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunFolder } from '../../cli/common/run/run-folder.ts';
import { loadCheckpoint, saveCheckpoint } from '../../cli/pretrain/checkpoint.ts';
import type { NamedTensors } from '../../model/index.ts';

let home: string;
const at = (...names: string[]) => join(home, ...names);
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-state-'));
});
afterEach(() => rmSync(home, { recursive: true }));

/** A trainer of one number a part: that of its step. */
class OneNumber {
  step = 0;
  loaded: number[] = [];

  async state() {
    const part = (): NamedTensors => new Map([['w', { shape: [1], data: Float32Array.of(this.step) }]]);
    return { encoder: part(), decoder: part(), optimizer: part(), step: this.step };
  }

  load({ encoder, decoder, optimizer, step }: Awaited<ReturnType<OneNumber['state']>>): void {
    this.loaded = [encoder, decoder, optimizer].map((part) => part.get('w')?.data[0] ?? Number.NaN);
    this.step = step;
  }
}

const save = async (folder: RunFolder, step: number) => {
  const trainer = new OneNumber();
  trainer.step = step;
  await saveCheckpoint(folder, trainer, { step, seconds: step, adapter: 'a' }, {});
};

/** Checkpoints of steps 4 and 8, in folders of their own. */
async function two() {
  const [older, newer] = ['older', 'newer'].map((name) =>
    RunFolder.open({ verb: 'pretrain', out: at(name), mode: 'new' }),
  );
  await save(older as RunFolder, 4);
  await save(newer as RunFolder, 8);
  return { older: older as RunFolder, newer: newer as RunFolder };
}

describe('the state of a run', () => {
  it.each(['encoder', 'decoder', 'optimizer'])('is refused where the %s is of another step', async (part) => {
    const { newer } = await two();
    cpSync(at('older', `${part}.safetensors`), at('newer', `${part}.safetensors`));
    const trainer = new OneNumber();
    expect(() => loadCheckpoint(newer, trainer)).toThrow(
      `${part}.safetensors: is of step 4, but the run's checkpoint of step 8; the files do not belong together.`,
    );
    expect(trainer.loaded).toEqual([]);
  });

  it('is refused where a part does not say of which step it is', async () => {
    const { newer } = await two();
    const path = at('newer', 'encoder.safetensors');
    const bytes = readFileSync(path);
    const text = bytes.toString('latin1').replace('"step":"8"', '"stop":"8"');
    writeFileSync(path, Buffer.from(text, 'latin1'));
    expect(() => loadCheckpoint(newer, new OneNumber())).toThrow(/is of step unknown/);
  });

  it('is the newer one wherever a save was cut off after its last file was written', async () => {
    for (let renamed = 0; renamed <= 3; renamed++) {
      const { older } = await two();
      const names = ['encoder.safetensors', 'decoder.safetensors', 'optimizer.safetensors', 'state.json'];
      for (const [i, name] of names.entries())
        renameSync(at('newer', name), at('older', i < renamed ? name : `${name}.partial`));
      const trainer = new OneNumber();
      expect(loadCheckpoint(older, trainer).step).toBe(8);
      expect(trainer.loaded).toEqual([8, 8, 8]);
      expect(readdirSync(at('older')).sort()).toEqual([...names].sort());
      for (const name of ['older', 'newer']) rmSync(at(name), { recursive: true });
    }
  });

  it('is the older one where the last file was not whole, and nothing of the other stays', async () => {
    for (const written of [0, 1, 2, 3, 4]) {
      const { older } = await two();
      const names = ['encoder.safetensors', 'decoder.safetensors', 'optimizer.safetensors', 'state.json'];
      names.slice(0, written).forEach((name) => {
        const bytes = readFileSync(at('newer', name));
        writeFileSync(at('older', `${name}.partial`), name === 'state.json' ? bytes.subarray(0, 9) : bytes);
      });
      const trainer = new OneNumber();
      expect(loadCheckpoint(older, trainer).step).toBe(4);
      expect(trainer.loaded).toEqual([4, 4, 4]);
      expect(readdirSync(at('older')).filter((name) => name.endsWith('.partial'))).toEqual([]);
      for (const name of ['older', 'newer']) rmSync(at(name), { recursive: true });
    }
    expect(existsSync(at('older'))).toBe(false);
  });

  it.each([
    ['no JSON', /state\.json: is not JSON; the checkpoint is damaged/],
    ['{"step": 8.5, "seconds": 1, "adapter": "a"}', /does not say step, seconds and adapter/],
    ['{"step": 8, "seconds": null, "adapter": "a"}', /does not say step, seconds and adapter/],
    ['{"step": 8, "seconds": 1}', /does not say step, seconds and adapter/],
  ])('is refused where it says %s', async (text, why) => {
    const { newer } = await two();
    writeFileSync(at('newer', 'state.json'), text);
    expect(() => loadCheckpoint(newer, new OneNumber())).toThrow(why);
  });

  it('is refused where a part is missing', async () => {
    const { newer } = await two();
    rmSync(at('newer', 'decoder.safetensors'));
    expect(() => loadCheckpoint(newer, new OneNumber())).toThrow(/has no checkpoint to resume from/);
  });
});
