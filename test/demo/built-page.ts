/** The page as a web server would host it: built, behind a plain static server, in a headless Chromium. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findChromium } from '../browser/find-chromium.ts';
import { builtFolder } from './build-once.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
};

/** Milliseconds: long enough for a busy machine without a graphics card. */
export const PATIENCE = 300_000;

export interface BuiltPage extends AsyncDisposable {
  readonly browser: Browser;
  /** Of the page, in a folder of the server. */
  readonly url: string;
  readonly folder: string;
  open(options?: Parameters<Browser['newContext']>[0]): Promise<{ context: BrowserContext; page: Page }>;
}

/** Opens a browser and a server of the built page. Use with `await using`, or dispose of it. */
export async function openBuiltPage({ webgpu = true } = {}): Promise<BuiltPage> {
  const { folder, dispose } = await builtFolder();
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent((request.url ?? '').split('?')[0] ?? '')).replace(
      /^\/some\/folder\//,
      '',
    );
    const file = join(folder, path === '' ? 'index.html' : path);
    if (!file.startsWith(folder) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/folder/`;
  const { executablePath, env } = findChromium();
  const browser = await chromium.launch({
    executablePath,
    env: { ...(process.env as Record<string, string>), ...env },
    args: webgpu ? ['--enable-unsafe-webgpu'] : [],
  });
  return {
    browser,
    url,
    folder,
    open: async (options = {}) => {
      const context = await browser.newContext(options);
      context.setDefaultTimeout(PATIENCE);
      const page = await context.newPage();
      const said: string[] = [];
      page.on('console', (message) => said.push(message.text()));
      page.on('pageerror', (error) => said.push(error.message));
      await page.goto(url);
      await page.waitForSelector('body[data-ready=true]').catch((cause: unknown) => {
        throw new Error(`The page did not get ready: ${said.join('; ')}`, { cause });
      });
      return { context, page };
    },
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      server.close();
      dispose();
    },
  };
}
