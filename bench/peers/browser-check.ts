import { openBrowser } from '../../test/browser/launch.ts';
import type { PageReport } from './browser-page.ts';
import { peersInPages } from './vite.ts';

// Opens the peers in headless Chromium and fails where one does not compute there what it should.
await using browser = await openBrowser(peersInPages);
console.log(browser.description);
const report = await browser.run<PageReport>('browser-page.ts', { steps: ['jax-js'] });
console.log(JSON.stringify(report, null, 2));
const wrong = Object.entries(report.products).filter(
  ([, error]) => typeof error === 'string' || error > 1e-3,
);
const falling = (report.losses['jax-js'] ?? []).every((loss, i, all) => i === 0 || loss < (all[i - 1] ?? 0));
if (report.failures.length > 0 || wrong.length > 0 || !falling || !report.losses['jax-js']?.length) {
  console.error('some peers do not work in the browser');
  process.exitCode = 1;
}
