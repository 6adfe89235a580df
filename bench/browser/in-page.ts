import type { Results } from '../contract.ts';
import type { PageEvent } from './drive.ts';
import { measureInPage, type PageOptions } from './measure.ts';

declare global {
  /** Put into the page by whoever drives the browser. */
  var tellBench: (event: PageEvent) => Promise<void>;
  var benchStopped: () => Promise<boolean>;
}

/** Measures in this page, telling the process that drives it of everything as it comes. */
export async function measureAndTell(options: PageOptions): Promise<Results> {
  let stopped = false;
  const tell = async (event: PageEvent) => {
    await globalThis.tellBench(event);
    stopped = await globalThis.benchStopped();
  };
  return measureInPage(options, {
    stopped: () => stopped,
    roofline: (roofline) => void tell({ kind: 'roofline', roofline }),
    starting: ({ id, family, shape }, progress) =>
      void tell({ kind: 'starting', job: { id, family, shape }, progress }),
    row: (row, progress) => void tell({ kind: 'row', row, progress }),
    failure: (failure, progress) => void tell({ kind: 'failure', failure, progress }),
    peers: ({ peers, failures }) =>
      void tell({ kind: 'peers', peers: peers.map(({ name, version }) => ({ name, version })), failures }),
  });
}
