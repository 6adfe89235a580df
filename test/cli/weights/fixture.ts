import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { type HubSettings, hubSettings } from '../../../cli/common/weights/settings.ts';
import { authorsFile, SMALLEST } from '../../support/authors-files.ts';
import { type FakeRepo, HubServer } from '../../support/hub-server.ts';

export const REPO = 'authors/SPOTR';
export const COMMIT = 'c0ffee'.padEnd(40, '0');

export interface Hub {
  server: HubServer;
  /** A folder of the test's own, and the cache in it. */
  home: string;
  cache: string;
  files: { encoder: Uint8Array; decoder: Uint8Array };
  /** What was printed on standard error. */
  said: string[];
  /** Waits between tries, in milliseconds: none is waited for. */
  pauses: number[];
  settings: (more?: Partial<HubSettings>) => HubSettings;
  repo: () => FakeRepo;
}

/** A hub with a repository of two `.pt` files whose names say nothing, and an empty cache, for each test. */
export function withHub(): Hub {
  const hub = {} as Hub;
  beforeAll(async () => {
    hub.files = {
      encoder: await authorsFile('encoder', SMALLEST),
      decoder: await authorsFile('decoder', SMALLEST),
    };
  });
  beforeEach(async () => {
    hub.server = await HubServer.start();
    hub.home = mkdtempSync(join(tmpdir(), 'spotr-hub-'));
    hub.cache = join(hub.home, 'cache');
    hub.said = [];
    hub.pauses = [];
    for (const name of [
      'HTTP_PROXY',
      'HTTPS_PROXY',
      'http_proxy',
      'https_proxy',
      'HF_TOKEN',
      'SPOTR_OFFLINE',
      'HF_HUB_OFFLINE',
    ])
      vi.stubEnv(name, undefined);
    vi.stubEnv('HF_ENDPOINT', hub.server.endpoint);
    vi.stubEnv('SPOTR_WEIGHTS_DIR', hub.cache);
    vi.spyOn(console, 'error').mockImplementation((line: string) => void hub.said.push(line));
    hub.server.repos.set(REPO, {
      commit: COMMIT,
      card: { license: 'mit' },
      files: {
        'README.md': Buffer.from('# card'),
        'a_last.pt': hub.files.decoder,
        'b_last.pt': hub.files.encoder,
      },
    });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    await hub.server[Symbol.asyncDispose]();
    rmSync(hub.home, { recursive: true, force: true });
  });
  afterAll(() => vi.unstubAllEnvs());
  hub.settings = (more = {}) => ({
    ...hubSettings(),
    pause: async (ms) => void hub.pauses.push(ms),
    ...more,
  });
  hub.repo = () => hub.server.repos.get(REPO) as FakeRepo;
  return hub;
}
