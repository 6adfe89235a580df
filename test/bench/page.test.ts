import type { Browser } from 'playwright-core';
import type { ViteDevServer } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '../../bench/browser/drive.ts';
import { serveBenchPage } from '../../bench/browser/serve.ts';
import { findChromium } from '../browser/find-chromium.ts';

let served: { server: ViteDevServer; url: string };
let browser: Browser;
beforeAll(async () => {
  served = await serveBenchPage(0);
  browser = await launchChromium(findChromium());
});
afterAll(async () => {
  await browser.close();
  await served.server.close();
});

it('offers to measure, on a phone without scrolling sideways, and says which rows there are', async () => {
  const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
  await page.goto(served.url);
  await page.waitForSelector('#start:not([hidden])');
  expect(await page.textContent('#adapter')).toContain('via the browser');
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  await page.fill('[name=filter]', 'nonsense');
  await page.click('button[type=submit]');
  await page.waitForSelector('#problem:not([hidden])');
  expect(await page.textContent('#problem')).toMatch(
    /No row fits the filter "nonsense"; the families are matmul/,
  );
  expect(await page.isEnabled('button[type=submit]')).toBe(true);
});

it('says in words that a browser has no WebGPU', async () => {
  const page = await browser.newPage();
  await page.addInitScript("Object.defineProperty(navigator, 'gpu', { value: undefined })");
  await page.goto(served.url);
  await page.waitForSelector('#problem:not([hidden])');
  expect(await page.textContent('#problem')).toMatch(
    /^This browser, Chrome \d+ on Linux, has WebGPU turned off: turn on hardware acceleration/,
  );
  expect(await page.isHidden('#start')).toBe(true);
});
