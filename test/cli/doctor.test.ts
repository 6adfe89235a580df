import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { requestAdapter } from '#platform';
import { command } from '../../cli/command.ts';
import { showBytes } from '../../cli/common/text.ts';

let out: string[];
let err: string[];

beforeEach(() => {
  out = [];
  err = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void out.push(line));
  vi.spyOn(console, 'error').mockImplementation((line: string) => void err.push(line));
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('spotr doctor', () => {
  it('says which adapter would be used, why, and what it can do', async () => {
    const { adapter, kind, description, why } = await requestAdapter();
    expect(await command(['doctor'])).toBe(0);
    const text = out.join('\n').replace(/\s+/g, ' ');
    for (const part of [description, `kind ${kind}`, why, process.versions.node])
      expect(text).toContain(part);
    expect(text).toContain(`shader-f16 ${adapter.features.has('shader-f16') ? 'yes' : 'no'}`);
    expect(text).toContain(`storage binding ${showBytes(adapter.limits.maxStorageBufferBindingSize)}`);
    expect(text).toContain('Matmul kernels from');
    expect(Math.max(...out.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(err).toEqual([]);
  });

  it('does not both tune and forget', async () => {
    expect(await command(['doctor', '--tune', '--forget'])).toBe(2);
    expect(err[0]).toContain('--tune and --forget');
  });

  it('fails with one sentence where nothing fits', async () => {
    expect(await command(['doctor', '--adapter', 'Voodoo2'])).toBe(1);
    expect(err).toHaveLength(1);
    expect(err[0]).toContain("no WebGPU adapter that fits 'Voodoo2'");
    expect(out).toEqual([]);
  });

  it('names an option it does not know, and explains those it does', async () => {
    expect(await command(['doctor', '--adaptor', 'x'])).toBe(2);
    expect(err[0]).toContain('--adaptor; did you mean --adapter?');
    expect(await command(['doctor', '--help'])).toBe(0);
    expect(out[0]).toContain('--adapter NAME');
  });

  it('ends with 1 and the way out where no driver can be found', async () => {
    const program = fileURLToPath(new URL('../../cli/bin.js', import.meta.url));
    const env = { ...process.env, VK_ICD_FILENAMES: '/nowhere.json', SPOTR_ADAPTER: '' };
    const run = promisify(execFile)(process.execPath, [program, 'doctor'], { env });
    if (process.platform === 'linux') {
      await expect(run).rejects.toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(
          /spotr doctor: no WebGPU adapter \(found: none at all\)\. Unset VK_ICD_FILENAMES/,
        ),
      });
    } else {
      // Only Linux finds its drivers by Vulkan alone.
      expect((await run).stdout).toContain('via Dawn');
    }
  });
});

describe('showBytes', () => {
  it('takes the largest unit that keeps one or more', () => {
    const shown = [0, 1023, 16384, 134217728, 1073741824, 4294967292, 1.5 * 1024 ** 5].map(showBytes);
    expect(shown).toEqual(['0 bytes', '1023 bytes', '16 KiB', '128 MiB', '1 GiB', '4 GiB', '1536 TiB']);
  });
});
