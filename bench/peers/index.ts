import type { AdapterChoice } from '../../engine/index.ts';
import type { OpenedPeers, Peer, StepPeer } from '../contract.ts';
import { offerWebGpu } from '../peer-environment.ts';

/** Imported only once WebGPU is offered: some look for it as soon as they are loaded. */
const PEERS: Readonly<Record<string, () => Promise<Peer>>> = {
  tfjs: async () => (await import('./tfjs.ts')).openTfjs(),
  'jax-js': async () => (await import('./jax.ts')).openJax(),
  'ort-web': async () => (await import('./ort.ts')).openOrt(),
  'webgpu-torch': async () => (await import('./webgpu-torch.ts')).openWebGpuTorch(),
};

export interface PeerOptions {
  /** As for `openEngine`: the same words choose the same adapter. */
  readonly adapter?: AdapterChoice;
  /** Of those to open; all by default. */
  readonly names?: readonly string[];
}

/** Opens the libraries that we compare with, each on a device of its own on the adapter that the engine would open. */
export async function openPeers({ adapter = 'auto', names }: PeerOptions = {}): Promise<OpenedPeers> {
  offerWebGpu(adapter);
  const peers: Peer[] = [];
  const steps: StepPeer[] = [];
  const failures: { name: string; reason: string }[] = [];
  for (const [name, open] of Object.entries(PEERS)) {
    if (names && !names.includes(name)) continue;
    try {
      peers.push(await open());
    } catch (error) {
      failures.push({ name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { peers, steps, failures };
}
