import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { type BuiltPage, openBuiltPage } from './built-page.ts';
import { longestTasks } from './long-tasks.ts';
import { mapWindows, numberOf, PATIENCE, prepare, state, trainedBeyond } from './steps.ts';

vi.setConfig({ testTimeout: 4 * PATIENCE });

let built: BuiltPage;
beforeAll(async () => {
  built = await openBuiltPage();
});
// A page that goes on training would slow what is tested next.
afterEach(async () => {
  for (const context of built.browser.contexts()) await context.close();
});
afterAll(() => built[Symbol.asyncDispose]());

it('trains generated signals quietly, without freezing, and resumes after a reload', async () => {
  const { context, page } = await built.open();
  expect(await page.textContent('#adapter')).toContain('via the browser');
  await prepare(page, 5000);
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  let first = 0;
  const longest = await longestTasks(built.browser, page, async () => {
    const pressed = Date.now();
    await page.click('#train');
    await trainedBeyond(page, 0);
    first = Date.now() - pressed;
    const firstLoss = await numberOf(page, 'loss');
    await trainedBeyond(page, 16);
    await page.waitForSelector('#previews canvas', { timeout: PATIENCE });
    expect(await numberOf(page, 'loss')).toBeLessThan(firstLoss);
    await page.click('#pause');
    await state(page, /Paused/);
  });
  console.log(
    `First step ${first} ms after the button; longest task of the page while training ${longest.processor} ms of processor time, ${longest.clock} ms by the clock`,
  );
  expect(longest.processor).toBeGreaterThan(0);
  expect(requests).toEqual([]);
  const mapping = await longestTasks(built.browser, page, () => mapWindows(page));
  console.log(`While mapping ${mapping.processor} ms of processor time, ${mapping.clock} ms by the clock`);
  // A tenth of a second of processor time where nothing else runs: as long as that nothing of the page's own may be.
  const held = await longestTasks(built.browser, page, () =>
    page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          setTimeout(() => {
            let sum = 1;
            for (let i = 0; i < 1e8; i++) sum = Math.imul(sum, 31) + i;
            document.body.dataset.sum = String(sum);
            resolve();
          });
        }),
    ),
  );
  console.log(`A task to compare with: ${held.processor} ms of processor time`);
  expect(longest.processor).toBeLessThan(held.processor);
  expect(mapping.processor).toBeLessThan(held.processor);
  const before = await numberOf(page, 'step');

  await page.reload();
  await page.waitForSelector('#kept:not([hidden])');
  expect(await page.textContent('#kept-what')).toContain(`step ${before} of 5,000`);
  await page.click('#restore');
  await page.waitForSelector('#resume:not([hidden])', { timeout: PATIENCE });
  await page.click('#resume');
  await trainedBeyond(page, before);
  await page.click('#stop');
  await page.waitForSelector('#held-out table', { timeout: PATIENCE });
  // A row for each kind of signal, and their mean.
  expect(await page.locator('#held-out tbody tr').count()).toBe(5);
  await page.click('#wipe');
  await expect
    .poll(() => page.textContent('#question-text'))
    .toMatch(/keeps .*a run at step .*Wiping removes it/);
  await page.click('#question-go');
  await expect.poll(() => page.textContent('#note')).toContain('Wiped');
  await page.reload();
  await page.waitForSelector('body[data-ready=true]');
  expect(await page.isVisible('#kept')).toBe(false);
  await context.close();
});

/** The headless browser hides no tab, so this does to the page what hiding does: it says so, and gives no frames. */
function hideOnDemand(): void {
  const asked: FrameRequestCallback[] = [];
  let hidden = false;
  const real = requestAnimationFrame.bind(globalThis);
  Object.defineProperty(document, 'hidden', { get: () => hidden });
  Object.defineProperty(document, 'visibilityState', { get: () => (hidden ? 'hidden' : 'visible') });
  globalThis.requestAnimationFrame = (callback) => (hidden ? asked.push(callback) : real(callback));
  Object.assign(globalThis, {
    hide(to: boolean): number {
      hidden = to;
      document.dispatchEvent(new Event('visibilitychange'));
      const waiting = asked.length;
      if (!hidden) for (const callback of asked.splice(0)) real(callback);
      return waiting;
    },
  });
}
declare function hide(to: boolean): number;

it('trains on in a tab that nobody sees, keeps the run at once, and draws only what is latest afterwards', async () => {
  const context = await built.browser.newContext();
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  await page.addInitScript(hideOnDemand);
  await page.goto(built.url);
  await page.waitForSelector('body[data-ready=true]');
  await prepare(page, 100_000);
  await page.click('#train');
  await page.waitForSelector('#previews canvas', { timeout: PATIENCE });
  await page.evaluate(() => hide(true));
  const before = await numberOf(page, 'step');
  await expect.poll(() => page.textContent('#kept-step'), { timeout: PATIENCE }).toMatch(/kept last at step/);
  // Long enough for two more previews.
  await page.waitForTimeout(5500);
  await trainedBeyond(page, before + 5);
  const waiting = await page.evaluate(() => hide(false));
  // The curve, and one preview.
  expect(waiting).toBeGreaterThan(0);
  expect(waiting).toBeLessThanOrEqual(3);
  await page.click('#pause');
  await state(page, /Paused/);
  expect(await page.locator('#previews canvas').count()).toBe(4);

  // A browser may also stop such a page altogether.
  const control = await context.newCDPSession(page);
  await page.click('#resume');
  await trainedBeyond(page, await numberOf(page, 'step'));
  await control.send('Page.setWebLifecycleState', { state: 'frozen' });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await control.send('Page.setWebLifecycleState', { state: 'active' });
  await trainedBeyond(page, (await numberOf(page, 'step')) + 2);
  expect(await page.textContent('#problem')).toBe('');
  await context.close();
});

it('goes on by itself when the device is lost', async () => {
  const { context, page } = await built.open();
  await prepare(page, 100_000);
  await page.click('#train');
  await trainedBeyond(page, 2);
  const session = await built.browser.newBrowserCDPSession();
  await session.send('Browser.crashGpuProcess');
  await expect.poll(() => page.textContent('#note'), { timeout: PATIENCE }).toMatch(/lost and opened again/);
  await trainedBeyond(page, 4);
  expect(await page.textContent('#problem')).toBe('');
  await context.close();
});
