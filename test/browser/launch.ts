import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { createServer, type InlineConfig, mergeConfig, type ViteDevServer } from 'vite';
import { type FoundChromium, findChromium } from './find-chromium.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = '/__page__';

/** For one action of a page: a machine that does other work too must not fail a test. */
export const PATIENCE_MS = 600_000;

/** A headless Chromium on a page from localhost (WebGPU wants a secure page) that loads this repository's TypeScript. */
export interface TestBrowser extends AsyncDisposable {
  /** e.g. `Chromium 147.0.7727.0 (packaged)` */
  readonly description: string;
  readonly page: Page;
  /** As `runInBrowser`, in this browser. */
  run<T>(modulePath: string, argument: unknown): Promise<T>;
}

/**
 * Calls the default export of a TypeScript module in a page of its own and returns what it resolves to.
 * @param modulePath from the repository's root, e.g. `test/browser/add.ts`; it may import `engine/` and `model/`
 * @param argument, and the result, travel as JSON
 * @throws what the module threw, with what the page wrote to its console
 */
export async function runInBrowser<T>(modulePath: string, argument: unknown): Promise<T> {
  await using browser = await openBrowser();
  return await browser.run<T>(modulePath, argument);
}

/**
 * Starts a server and a browser. Use with `await using`, so that both end with the scope.
 * @param config of Vite, over what serves this repository
 */
export async function openBrowser(config: InlineConfig = {}): Promise<TestBrowser> {
  const found = findChromium();
  const server = await serveRepository(config);
  const browser = await launch(found).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  const close = async () => {
    await browser.close();
    await server.close();
  };
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const [origin] = server.resolvedUrls?.local ?? [];
    if (origin === undefined) throw new Error('the test server has no local address');
    await page.goto(new URL(PAGE, origin).href);
    const description = `Chromium ${browser.version()} (${found.source})`;
    return { description, page, run: runner(page), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function launch({ executablePath, env }: FoundChromium): Promise<Browser> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return chromium.launch({
    executablePath,
    env: { ...Object.fromEntries(inherited), ...env },
    // Without this flag Chromium on Linux offers no adapter at all, least of all a software one.
    args: ['--enable-unsafe-webgpu'],
  });
}

function runner(page: Page): TestBrowser['run'] {
  const written: string[] = [];
  page.on('console', (message) => written.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => written.push(`uncaught: ${error.message}`));
  return async <T>(modulePath: string, argument: unknown): Promise<T> => {
    written.length = 0;
    const url = JSON.stringify(`/${modulePath}`);
    // As text: a test runner rewrites import() in functions into calls that the page does not have.
    const call = `import(${url}).then((module) => module.default(${JSON.stringify(argument)})).then(JSON.stringify)`;
    try {
      const json = await page.evaluate<string | undefined>(call);
      return JSON.parse(json ?? 'null');
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${modulePath} failed in the browser: ${[reason, ...written].join('\n')}`, { cause });
    }
  };
}

/** Vite's development server on a free port: it strips types, reads shaders and resolves `#platform` for browsers. */
async function serveRepository(config: InlineConfig): Promise<ViteDevServer> {
  const repository: InlineConfig = {
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    appType: 'custom',
    cacheDir: 'node_modules/.cache/vite-test',
    // What the page takes from node_modules (fast-check, h5wasm) is ES modules as it is, and no file changes while a test runs.
    optimizeDeps: { noDiscovery: true },
    server: { host: '127.0.0.1', port: 0, hmr: false, ws: false, watch: null },
  };
  const server = await createServer(mergeConfig(repository, config));
  server.middlewares.use(PAGE, (_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><meta charset="utf-8"><title>test</title><link rel="icon" href="data:,">');
  });
  return await server.listen();
}
