import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { expectedShapes } from '../../checkpoint/fit.ts';
import { encodeTorch } from '../../checkpoint/torch/write.ts';
import { command } from '../../cli/command.ts';
import { SIZES } from '../../model/index.ts';
import { stored } from '../checkpoint/pickles.ts';

let folder: string;
let out: string[];
let err: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spotr-convert-'));
  out = [];
  err = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void out.push(line));
  vi.spyOn(console, 'error').mockImplementation((line: string) => void err.push(line));
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const at = (name: string) => join(folder, name);

/** A decoder of the small size; its norm_1 decayed, the others learned. */
async function decoderFile(names = (name: string): string | undefined => name): Promise<Uint8Array> {
  const shapes = [...expectedShapes('decoder', SIZES.small)];
  const tensors = shapes.flatMap(([name, shape]) => {
    const count = shape.reduce((product, extent) => product * extent, 1);
    const decayed = /norm_1/.test(name);
    // Uniform within 1/sqrt(64), then decayed by half, as wq and wk under one token.
    const value = (i: number) =>
      decayed ? 0.5 : /wq|wk/.test(name) ? (0.5 * (((i * 0.618) % 1) * 2 - 1)) / 8 : Math.sin(i + 1);
    const renamed = names(name);
    return renamed === undefined
      ? []
      : [
          stored(
            renamed,
            shape,
            Array.from({ length: count }, (_, i) => value(i)),
          ),
        ];
  });
  return encodeTorch(tensors);
}

describe('spotr convert and inspect', () => {
  it('goes to safetensors and back to the same bytes, and keeps what is there', async () => {
    const original = await decoderFile();
    writeFileSync(at('a.pt'), original);
    expect(await command(['convert', at('a.pt'), at('b.safetensors')])).toBe(0);
    expect(await command(['convert', at('b.safetensors'), at('c.pth')])).toBe(0);
    expect(Buffer.compare(readFileSync(at('c.pth')), original)).toBe(0);
    expect(await command(['convert', at('b.safetensors'), at('a.pt')])).toBe(1);
    expect(err.at(-1)).toMatch(/already exists.*--overwrite/);
    expect(await command(['convert', '--overwrite', at('b.safetensors'), at('a.pt')])).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(['a.pt', 'b.safetensors', 'c.pth']);
  });

  it('says what is wrong with the names and the files', async () => {
    expect(await command(['convert', at('a.pt')])).toBe(2);
    expect(await command(['convert', at('a.pt'), at('b.onnx')])).toBe(2);
    expect(err.at(-1)).toContain('must end in .safetensors, .pt or .pth');
    expect(await command(['convert', at('none.pt'), at('b.pt')])).toBe(1);
    expect(err.at(-1)).toContain('there is no such file');
    writeFileSync(at('text.pt'), 'not a checkpoint at all');
    expect(await command(['convert', at('text.pt'), at('b.pt')])).toBe(1);
    expect(err.at(-1)).toContain('[not-a-checkpoint, byte 0]');
    expect(readdirSync(folder)).toEqual(['text.pt']);
  });

  it('names size, hash and conditioning of a whole decoder', async () => {
    writeFileSync(at('any-name'), await decoderFile((name) => `module.${name}`));
    expect(await command(['inspect', at('any-name')])).toBe(0);
    const text = out.join('\n').replace(/\s+/g, ' ');
    expect(text).toMatch(/sha256 [0-9a-f]{64} /);
    expect(text).toContain('small: decoder 64 wide, 2 layers, patches of 100 samples, 8 heads assumed');
    expect(text).toContain('cls, certain: norm_1 took no gradient');
    expect(text).toContain('pos_embed F32 [1, 128, 128, 64] 1,048,576');
  });

  it('lists every tensor that is missing or too much', async () => {
    const changed = (name: string) =>
      name === 'norm.weight' ? undefined : name.replace('mask_token', 'masks');
    writeFileSync(at('a.pt'), await decoderFile(changed));
    expect(await command(['inspect', at('a.pt')])).toBe(1);
    for (const line of [
      'mask_token [1,1,1,64] is missing',
      'norm.weight [64] is missing',
      'masks [1,1,1,64] is not of this model',
    ])
      expect(out.join('\n')).toContain(`decoder.${line}`);
  });
});
