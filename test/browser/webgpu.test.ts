import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readShader } from '../../engine/platform/node.ts';
import { openBrowser, type TestBrowser } from './launch.ts';
import type { Added } from './open-and-add.ts';

describe('WebGPU in headless Chromium', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await openBrowser();
    console.log(`Browser tests run in ${browser.description}`);
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  it('opens an adapter that computes, and says which and why', async () => {
    const added = await browser.run<Added>('test/browser/open-and-add.ts', [19, 23]);
    console.log(`${added.description}. ${added.why}`);
    expect(added.sum).toBe(42);
    expect(added.description).toContain('via the browser');
    expect(added.why.includes('processor')).toBe(added.kind === 'software');
  });

  it('reads the same shaders as Node', async () => {
    const folder = new URL('../../shaders/', import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const names = files
      .filter((file) => file.endsWith('.wgsl'))
      .map((file) => file.slice(0, -'.wgsl'.length));
    const texts = await browser.run<string[]>('test/browser/read-shaders.ts', names);
    expect(texts).toEqual(names.map(readShader));
  });

  it('brings errors of the page back with their message', async () => {
    const failing = browser.run('test/browser/read-shaders.ts', ['no_such']);
    await expect(failing).rejects.toThrow(
      /read-shaders.ts failed in the browser: .*there is no shader 'no_such'/s,
    );
    await expect(browser.run('test/browser/no-such-module.ts', null)).rejects.toThrow(
      'no-such-module.ts failed',
    );
  });
});
