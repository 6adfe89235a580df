import { existsSync } from 'node:fs';
import type { AdapterChoice } from '../engine/index.ts';
import type { OpenedPeers } from './contract.ts';

/** The line that installs what we compare with. */
export const INSTALL_PEERS = 'npm run bench:peers';

interface PeersModule {
  openPeers(options: { adapter?: AdapterChoice }): Promise<OpenedPeers>;
}

export function peersInstalled(): boolean {
  return existsSync(new URL('peers/node_modules', import.meta.url));
}

/** Opens the libraries of `bench/peers` in this process. They are a package of their own, which need not be there. */
export async function openPeersInNode(adapter: AdapterChoice | undefined): Promise<OpenedPeers> {
  // Computed, so that neither the compiler nor a bundler follows it.
  const url = new URL('peers/index.ts', import.meta.url).href;
  const { openPeers } = (await import(url)) as PeersModule;
  return openPeers(adapter === undefined ? {} : { adapter });
}
