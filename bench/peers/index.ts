import type { AdapterChoice } from '../../engine/index.ts';
import type { OpenedPeers, Peer, StepPeer } from '../contract.ts';
import { offerWebGpu } from '../peer-environment.ts';
import { withRunningMeans } from './adamw-case.ts';

/** Imported only once WebGPU is offered: some look for it as soon as they are loaded. */
const PEERS: Readonly<Record<string, Opening>> = {
  tfjs: {
    open: async () => (await import('./tfjs.ts')).openTfjs(),
    train: async (setup) => (await import('./spotr-tfjs.ts')).openSpotr(setup),
  },
  'jax-js': {
    open: async () => (await import('./jax.ts')).openJax(),
    train: async (setup) => (await import('./spotr-jax.ts')).openSpotr(setup),
  },
  'ort-web': { open: async () => (await import('./ort.ts')).openOrt() },
  'webgpu-torch': { open: async () => (await import('./webgpu-torch.ts')).openWebGpuTorch() },
};

interface Opening {
  open(): Promise<Peer>;
  /** Of those that differentiate products. */
  readonly train?: StepPeer['open'];
}

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
  for (const [name, { open, train }] of Object.entries(PEERS)) {
    if (names && !names.includes(name)) continue;
    try {
      const peer = await open();
      peers.push(updatingMeans(peer));
      if (train) steps.push({ name, version: peer.version, open: train });
    } catch (error) {
      failures.push({ name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { peers, steps, failures };
}

function updatingMeans(peer: Peer): Peer {
  return {
    name: peer.name,
    version: peer.version,
    kernel: async (kernel, inputs, seed) => {
      const taken = withRunningMeans(kernel, inputs);
      return peer.kernel(taken.kernel, taken.inputs, seed);
    },
  };
}
