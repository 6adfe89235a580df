import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readShader, requestAdapter, settle } from '#platform';
import { AdapterError } from '../../engine/errors.ts';
import * as browser from '../../engine/platform/browser.ts';
import { isSoftwareName, kindOf } from '../../engine/platform/describe.ts';
import * as node from '../../engine/platform/node.ts';
import type { Platform } from '../../engine/platform/types.ts';
import { addOnAdapter } from './add-on-adapter.ts';

const SHADERS = new URL('../../shaders/', import.meta.url);

function shaderNames(): string[] {
  const files = readdirSync(SHADERS, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.wgsl'),
  );
  return files.map((file) => file.slice(0, -'.wgsl'.length));
}

describe('the two platforms', () => {
  it('keep to one interface and read the same shaders', () => {
    const platforms: Platform[] = [node, browser];
    const keys = ['readShader', 'recall', 'remember', 'requestAdapter', 'settle'];
    expect(platforms.map((platform) => Object.keys(platform).sort())).toEqual([keys, keys]);
    for (const name of shaderNames()) expect(browser.readShader(name)).toBe(node.readShader(name));
    expect(() => browser.readShader('no_such')).toThrow("there is no shader 'no_such'");
  });
});

describe('requestAdapter in Node', () => {
  it('opens an adapter that computes, and says which and why', async () => {
    const { adapter, kind, description, why } = await requestAdapter();
    expect(await addOnAdapter(adapter, 19, 23)).toBe(42);
    expect(description).toContain('via Dawn');
    expect(why.includes('processor')).toBe(kind === 'software');
  });

  it('leaves the environment and globalThis as they were', async () => {
    const before = { ...process.env };
    await requestAdapter();
    expect({ ...process.env }).toEqual(before);
    expect(Object.values(globalThis).some((value) => value instanceof GPU)).toBe(false);
  });

  it('opens several at once', async () => {
    const opened = await Promise.all([requestAdapter(), requestAdapter(), requestAdapter()]);
    const sums = await Promise.all(opened.map(({ adapter }, i) => addOnAdapter(adapter, i, 1)));
    expect(sums).toEqual([1, 2, 3]);
  });

  it('finds an adapter by a part of its name in any letter case', async () => {
    const { description } = await requestAdapter();
    const name = description.split(' via ')[0] ?? '';
    const again = await requestAdapter({ adapter: name.slice(1, 8).toUpperCase() });
    expect(again.description).toBe(description);
    expect(again.why).toContain(name.slice(1, 8).toUpperCase());
  });

  it('names what it found when nothing fits the name', async () => {
    const { description } = await requestAdapter();
    const asked = requestAdapter({ adapter: 'Voodoo2' });
    await expect(asked).rejects.toThrow(AdapterError);
    await expect(asked).rejects.toThrow(
      `no WebGPU adapter that fits 'Voodoo2' (found: '${description.split(' via ')[0]}'`,
    );
  });

  it('gives hardware and software only when they are that', async () => {
    for (const wanted of ['hardware', 'software'] as const) {
      const result = await requestAdapter({ adapter: wanted }).catch((error: unknown) => error);
      if (result instanceof AdapterError) expect(result.message).toContain(`that fits '${wanted}'`);
      else expect(result).toMatchObject({ kind: wanted });
    }
  });
});

describe('what an adapter says of itself', () => {
  it('tells processors from graphics cards', () => {
    const software = [
      'SwiftShader Device (Subzero)',
      'llvmpipe (LLVM 19.1.7, 256 bits)',
      'Microsoft Basic Render Driver',
    ];
    const hardware = [
      'NVIDIA H200',
      'Apple M2',
      'AMD Radeon RX 7900',
      'Intel(R) UHD Graphics',
      'Warped Pixel 3',
    ];
    expect(software.map(isSoftwareName)).toEqual([true, true, true]);
    expect(hardware.map(isSoftwareName)).toEqual([false, false, false, false, false]);
    const info = { vendor: '', architecture: '', device: '', description: '', isFallbackAdapter: true };
    expect(kindOf(info as GPUAdapterInfo)).toBe('software');
    expect(kindOf({ ...info, isFallbackAdapter: false } as GPUAdapterInfo)).toBe('hardware');
    expect(kindOf({ ...info, architecture: 'swiftshader', isFallbackAdapter: false } as GPUAdapterInfo)).toBe(
      'software',
    );
  });
});

describe('readShader in Node', () => {
  it('gives the text of every file in shaders/', () => {
    expect(shaderNames()).toContain('lib/ieee');
    for (const name of shaderNames()) {
      expect(readShader(name)).toBe(readFileSync(new URL(`${name}.wgsl`, SHADERS), 'utf8'));
    }
  });

  it('names the file that is missing', () => {
    expect(() => readShader('no_such')).toThrow(
      "there is no shader 'no_such': expected the file shaders/no_such.wgsl",
    );
  });
});

describe('settle in Node', () => {
  it('resolves and rejects as the promise does', async () => {
    await expect(settle(Promise.resolve(7))).resolves.toBe(7);
    await expect(settle(Promise.reject(new Error('lost')))).rejects.toThrow('lost');
    const values = await Promise.all([settle(sleep(5, 'a')), settle(sleep(1, 'b')), settle(sleep(9, 'c'))]);
    expect(values).toEqual(['a', 'b', 'c']);
  });

  it('does not slow down what is ready, however often it is asked', async () => {
    const start = performance.now();
    for (let i = 0; i < 1000; i++) await settle(new Promise((resolve) => setImmediate(resolve)));
    // Some 10 ms; a watch left running by each call would sleep for minutes in all.
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('leaves the processor alone while it waits, also where the event loop is kept turning', async () => {
    let turning = true;
    const turn = () => {
      if (turning) setImmediate(turn);
    };
    turn();
    const start = process.cpuUsage();
    await settle(sleep(400));
    turning = false;
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1000).toBeLessThan(0.6 * 400);
  });
});
