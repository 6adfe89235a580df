import { chromium } from 'playwright-core';
import { findChromium } from '../../test/browser/find-chromium.ts';
import type { OpenedPeers, Results, Roofline, Row } from '../contract.ts';
import type { BenchOptions } from '../options.ts';
import { commitName } from '../results-file.ts';
import type { Job } from '../suite/job.ts';
import type { Failure, Listener, Progress } from '../suite/suite.ts';
import type { PageOptions } from './measure.ts';
import { serveBenchPage } from './serve.ts';

/** What the page tells while it measures. */
export type PageEvent =
  | { readonly kind: 'roofline'; readonly roofline: Roofline }
  | {
      readonly kind: 'starting';
      readonly job: Pick<Job, 'id' | 'family' | 'shape'>;
      readonly progress: Progress;
    }
  | { readonly kind: 'row'; readonly row: Row; readonly progress: Progress }
  | { readonly kind: 'failure'; readonly failure: Failure; readonly progress: Progress }
  | {
      readonly kind: 'peers';
      readonly peers: readonly { readonly name: string; readonly version: string }[];
      readonly failures: OpenedPeers['failures'];
    };

export interface PeersListener {
  peers(told: Pick<PageEvent & { kind: 'peers' }, 'peers' | 'failures'>): void;
}

/** Runs the suite in a headless Chromium, in the page that people open, and passes on what it tells. */
export async function measureInChromium(
  options: BenchOptions,
  peersUrl: string | undefined,
  listener: Listener & PeersListener,
): Promise<Results> {
  const { executablePath, env, source } = findChromium();
  const { server, url } = await serveBenchPage(0, { peers: peersUrl !== undefined });
  try {
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    const browser = await chromium.launch({
      executablePath,
      env: { ...inherited, ...env },
      // Without the first Chromium on Linux offers no adapter; without the second it rounds timestamps to 0.1 ms.
      args: ['--enable-unsafe-webgpu', '--disable-dawn-features=timestamp_quantization'],
    });
    try {
      console.log(`Chromium ${browser.version()} (${source})`);
      const page = await browser.newPage();
      page.setDefaultTimeout(0);
      const written: string[] = [];
      page.on('console', (message) => written.push(message.text()));
      page.on('pageerror', (error) => written.push(error.message));
      await page.exposeFunction('tellBench', (event: PageEvent) => pass(event, listener));
      await page.exposeFunction('benchStopped', () => listener.stopped?.() ?? false);
      await page.goto(url);
      const pageOptions: PageOptions = {
        extent: options.quick ? 'quick' : 'full',
        filter: options.filter,
        adapter: options.adapter,
        peersUrl,
        commit: commitName(),
      };
      // As text: Node's loader rewrites import() in functions into calls that the page does not have.
      const call = `import('/bench/browser/in-page.ts').then((module) => module.measureAndTell(${JSON.stringify(pageOptions)}))`;
      try {
        return await page.evaluate<Results>(call);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`The suite failed in the browser: ${[reason, ...written.slice(-10)].join('\n')}`, {
          cause,
        });
      }
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
}

function pass(event: PageEvent, listener: Listener & PeersListener): void {
  if (event.kind === 'roofline') listener.roofline(event.roofline);
  else if (event.kind === 'starting') listener.starting(event.job, event.progress);
  else if (event.kind === 'row') listener.row(event.row, event.progress);
  else if (event.kind === 'failure') listener.failure(event.failure, event.progress);
  else listener.peers(event);
}
