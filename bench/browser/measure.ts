import { openEngine } from '../../engine/index.ts';
import type { OpenedPeers, Results } from '../contract.ts';
import type { Extent } from '../suite/cases/index.ts';
import { filterJobs } from '../suite/filter.ts';
import { allJobs, type Listener, runSuite } from '../suite/suite.ts';

export interface PageOptions {
  readonly extent: Extent;
  readonly filter?: string | undefined;
  readonly adapter?: string | undefined;
  /** Address of the module that opens the peers; none are compared without it. */
  readonly peersUrl?: string | undefined;
  readonly commit: string;
}

interface PeersModule {
  openPeers(options: object): Promise<OpenedPeers>;
}

/** Runs the suite in the page that imports it. Throws AdapterError, in words for people, where WebGPU is missing. */
export async function measureInPage(
  { extent, filter, adapter, peersUrl, commit }: PageOptions,
  listener: Listener & { peers?(opened: OpenedPeers): void },
): Promise<Results> {
  const jobs = filterJobs(allJobs(extent), filter);
  const peers = peersUrl === undefined ? null : await openPeers(peersUrl);
  if (peers) listener.peers?.(peers);
  const open = () => openEngine(adapter === undefined ? {} : { adapter });
  const measured = await runSuite({ jobs, extent, open, peers }, listener);
  return { ...measured, runtime: browserName(navigator.userAgent), commit, date: new Date().toISOString() };
}

async function openPeers(url: string): Promise<OpenedPeers> {
  const { openPeers } = (await import(/* @vite-ignore */ url)) as PeersModule;
  return openPeers({});
}

/** `Chrome 156`, from the words with which a browser introduces itself. */
export function browserName(userAgent: string): string {
  const known = [
    [/Edg\/(\d+)/, 'Edge'],
    [/(?:Headless)?Chrome\/(\d+)/, 'Chrome'],
    [/Firefox\/(\d+)/, 'Firefox'],
    [/Version\/(\d+).*Safari/, 'Safari'],
  ] as const;
  for (const [pattern, name] of known) {
    const version = pattern.exec(userAgent)?.[1];
    if (version !== undefined) return `${name} ${version}`;
  }
  return userAgent;
}
