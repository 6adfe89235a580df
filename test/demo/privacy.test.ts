import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import * as h5wasm from 'h5wasm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuiltPage, openBuiltPage } from './built-page.ts';
import { PATIENCE } from './steps.ts';

let built: BuiltPage;
beforeAll(async () => {
  built = await openBuiltPage();
});
afterAll(() => built[Symbol.asyncDispose]());

/** What comes of asking another server for something. */
const reach = (address: string) =>
  fetch(address, { mode: 'no-cors' }).then(
    () => 'answered',
    (error: Error) => error.name,
  );

it('lets neither the page nor its worker reach another server', async () => {
  const asked: string[] = [];
  const other = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end();
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const { context, page } = await built.open();
  const [worker, ...more] = page.workers();
  expect(more).toEqual([]);
  expect(await page.evaluate(reach, `${address}/page`)).toBe('TypeError');
  expect(await worker?.evaluate(reach, `${address}/worker`)).toBe('TypeError');
  // No text becomes a script either. (What the test itself evaluates may; what runs after it may not.)
  const evaluates = () =>
    new Promise<string>((resolve) => {
      setTimeout(() => {
        try {
          resolve(`evaluated ${new Function('return 1')()}`);
        } catch (error) {
          resolve((error as Error).name);
        }
      });
    });
  expect(await worker?.evaluate(evaluates)).toMatch(/^(Eval|Type)Error$/);
  expect(await page.evaluate(evaluates)).toMatch(/^(Eval|Type)Error$/);
  expect(asked).toEqual([]);
  // Without a policy that server is there to be reached.
  const free = await context.newPage();
  expect(await free.evaluate(reach, `${address}/free`)).toBe('answered');
  expect(asked).toEqual(['/free']);
  await context.close();
  other.close();
});

it('loads little at first, and the rest when it is wanted', async () => {
  const context = await built.browser.newContext();
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const loaded: Promise<[string, number]>[] = [];
  page.on('response', (response) =>
    loaded.push(
      response
        .body()
        .then((body) => [new URL(response.url()).pathname.split('/').at(-1) ?? '', gzipSync(body).length]),
    ),
  );
  await page.goto(built.url);
  await page.waitForSelector('body[data-ready=true]');
  const sizes = await Promise.all(loaded);
  const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
  console.log(
    `First load: ${(total / 1000).toFixed(0)} kB compressed, ${sizes.map(([name, bytes]) => `${name} ${bytes}`).join(', ')}`,
  );
  expect(sizes.some(([name]) => name.startsWith('main-'))).toBe(true);
  expect(total).toBeLessThan(500_000);
  await h5wasm.ready;
  const file = new h5wasm.File('lazy.h5', 'w');
  file.create_dataset({
    name: 'x',
    data: Int16Array.from({ length: 900 }, (_, i) => (i * i) % 91),
    shape: [900],
    chunks: [300],
    compression: 4,
  });
  file.close();
  const bytes = (h5wasm.FS as unknown as { readFile(path: string): Uint8Array }).readFile('lazy.h5');
  await page.click('#reading summary');
  await page.fill('#rate', '100');
  await page.setInputFiles('#files', { name: 'lazy.h5', mimeType: '', buffer: Buffer.from(bytes) });
  await page.waitForSelector('#traces canvas', { timeout: PATIENCE });
  expect(await page.textContent('#signals-what')).toContain('0:09 of signal');
  await context.close();
});
