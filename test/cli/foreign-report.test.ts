import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportPage } from '../../cli/common/report-page.ts';
import { element, figure } from '../../figures/svg.ts';
import { openBrowser, type TestBrowser } from '../browser/launch.ts';
import { spotr } from '../support/spotr-command.ts';

/** Marks the page that it runs in, in every way that a picture or a page has. */
const HARM = 'document.documentElement.dataset.harmed = 1; top.document.documentElement.dataset.harmed = 1';
const HOSTILE_SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 40" width="60" height="40" onload="${HARM}">
<title>a "title" &lt;b&gt;</title><desc>of a window</desc><script>${HARM}</script>
<foreignObject width="9" height="9"><iframe xmlns="http://www.w3.org/1999/xhtml" srcdoc="&lt;script&gt;${HARM}&lt;/script&gt;"/></foreignObject>
<image href="https://example.com/x.png" onerror="${HARM}" width="5" height="5"/><rect width="60" height="40" fill="rgb(1,2,3)"/></svg>`;
const MARKUP = `</div></p><script>${HARM}</script>${HOSTILE_SVG}<img src=x onerror="${HARM}">`;

let home: string;
let browser: TestBrowser;
let wrong: string[];
const at = (...names: string[]) => join(home, ...names);

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'spotr-foreign-'));
  browser = await openBrowser();
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  rmSync(home, { recursive: true });
});

/** Opens a page of a file and gives what it asked for outside of itself. */
async function look(path: string): Promise<Page> {
  const { page } = browser;
  wrong = [];
  page.removeAllListeners('request');
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) wrong.push(request.url());
  });
  await page.goto(pathToFileURL(path).href);
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  return page;
}

const harmed = (page: Page) => page.evaluate<string | undefined>('document.documentElement.dataset.harmed');
const images = (page: Page) =>
  page.evaluate<[alt: string, width: number][]>(
    '[...document.images].map((image) => [image.alt, image.naturalWidth])',
  );

describe('the report of a run folder that somebody else made', () => {
  const page = {
    title: `T${MARKUP}`,
    lead: `L${MARKUP}`,
    sections: [
      {
        heading: `H${MARKUP}`,
        note: MARKUP,
        table: { headings: ['', MARKUP], rows: [[MARKUP, '1']] },
      },
      { heading: 'Windows', figures: ['window-1.svg'] },
    ],
    facts: [[MARKUP, MARKUP]],
  };
  const leaveRun = (name: string, numbers: unknown) => {
    mkdirSync(at(name));
    writeFileSync(at(name, 'errors.json'), typeof numbers === 'string' ? numbers : JSON.stringify(numbers));
    writeFileSync(at(name, 'window-1.svg'), HOSTILE_SVG);
    writeFileSync(at(name, 'reconstruction.html'), `<script>${HARM}</script>`);
    return at(name);
  };

  it('runs none of its scripts and shows its pictures', async () => {
    const { code, err } = await spotr('report', leaveRun('reconstruction', { page }));
    expect([code, err]).toEqual([0, '']);
    const path = at('reconstruction', 'report.html');
    expect(readFileSync(path, 'utf8')).not.toMatch(/<svg|<script|<iframe|onerror=""/);
    const shown = await look(path);
    expect(await harmed(shown)).toBeUndefined();
    expect(wrong).toEqual([]);
    expect(await images(shown)).toEqual([['a "title" <b>. of a window', 60]]);
    expect(await shown.textContent('h1')).toBe(page.title);
    // The very page of that folder does harm: the check can tell.
    expect(await harmed(await look(at('reconstruction', 'reconstruction.html')))).toBe('1');
  });

  it('is refused where it does not hold what a page is made of', async () => {
    for (const [name, numbers, why] of [
      ['none', {}, /does not hold the page of a reconstruction/],
      ['broken', '{"page": ', /does not hold the page/],
      ['shapes', { page: { ...page, facts: [[1, 2]] } }, /does not hold the page/],
      ['notes', { page: { ...page, sections: [{ heading: 'x', note: {} }] } }, /does not hold the page/],
      [
        'outside',
        { page: { ...page, sections: [{ heading: 'x', figures: ['../../secret'] }] } },
        /names "\.\.\/\.\.\/secret" as a figure/,
      ],
      [
        'missing',
        { page: { ...page, sections: [{ heading: 'x', figures: ['window-7.svg'] }] } },
        /window-7\.svg" cannot be read/,
      ],
    ] as const) {
      const { code, err } = await spotr('report', leaveRun(name, numbers));
      expect([name, code]).toEqual([name, 1]);
      expect(err).toMatch(why);
    }
  });
});

it('shows a table of a probe whole at 1200 pixels', async () => {
  const cell = '0.469 ± 0.091\n-0.41 to -0.53';
  const headings = ['', 'AUROC', 'first ahead by', 'AUPRC', 'bal. acc.', 'F1 (macro)', 'kappa'];
  const rows = [['the same logistic, random encoder', ...headings.slice(1).map(() => cell)]];
  const page = { title: 't', lead: '', sections: [{ heading: 'h', table: { headings, rows } }], facts: [] };
  writeFileSync(at('wide.html'), reportPage(page));
  await browser.page.setViewportSize({ width: 1200, height: 800 });
  const shown = await look(at('wide.html'));
  const hidden =
    '(() => { const box = document.querySelector(".wide"); return box.scrollWidth - box.clientWidth; })()';
  expect(await shown.evaluate(hidden)).toBe(0);
  await shown.setViewportSize({ width: 500, height: 800 });
  expect(await shown.evaluate(hidden)).toBeGreaterThan(0);
});

describe('the policy of a report', () => {
  it('lets no script run and no style but its own, and keeps the look of pages and figures', async () => {
    const square = figure(
      { width: 40, height: 20, title: 'square', description: 'blue' },
      element('rect', { width: 40, height: 20, class: 'fill-model' }),
    );
    const html = reportPage({
      title: 't',
      lead: '',
      sections: [{ heading: 'h', figures: [square] }],
      facts: [],
    });
    writeFileSync(at('own.html'), html);
    // As if a hole in the escaping let markup in: the policy still holds.
    const holes = `<script>${HARM}</script><img src="x" onerror="${HARM}"><p id="styled" style="color: rgb(9, 9, 9)">x</p>`;
    writeFileSync(at('holes.html'), html.replace('<footer>', `${holes}<footer>`));
    const open = await look(at('holes.html'));
    expect(await harmed(open)).toBeUndefined();
    expect(await open.evaluate('getComputedStyle(document.getElementById("styled")).color')).not.toBe(
      'rgb(9, 9, 9)',
    );
    writeFileSync(
      at('free.html'),
      html.replace(/<meta http-equiv[^>]*>/, '').replace('<footer>', `${holes}<footer>`),
    );
    const free = await look(at('free.html'));
    expect(await harmed(free)).toBe('1');

    for (const [scheme, colour, paper] of [
      ['light', [11, 98, 214], 'rgb(255, 255, 255)'],
      ['dark', [88, 166, 255], 'rgb(20, 24, 31)'],
    ] as const) {
      const own = await look(at('own.html'));
      await own.emulateMedia({ colorScheme: scheme });
      expect(await own.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(paper);
      const box = await own.locator('img').boundingBox();
      const png = (
        await own.screenshot({ clip: { x: (box?.x ?? 0) + 40, y: (box?.y ?? 0) + 40, width: 1, height: 1 } })
      ).toString('base64');
      const pixel = await own.evaluate(`(async () => {
        const image = await createImageBitmap(new Blob([Uint8Array.from(atob('${png}'), (c) => c.charCodeAt(0))]));
        const canvas = new OffscreenCanvas(1, 1);
        canvas.getContext('2d').drawImage(image, 0, 0);
        return [...canvas.getContext('2d').getImageData(0, 0, 1, 1).data].slice(0, 3);
      })()`);
      expect([scheme, pixel]).toEqual([scheme, [...colour]]);
    }
  });
});
