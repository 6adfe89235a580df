import { openEngine } from '../engine/index.ts';
import type { OpenedPeers, Results } from './contract.ts';
import { INSTALL_PEERS, openPeersInNode, peersInstalled } from './open-peers.ts';
import { type BenchOptions, HELP, parseOptions } from './options.ts';
import { commitName, defaultFile, writeResults } from './results-file.ts';
import { filterJobs } from './suite/filter.ts';
import { allJobs, type Listener, runSuite } from './suite/suite.ts';
import { printSummary, terminalListener } from './terminal.ts';

/** Runs the suite as the words say. Returns the exit code. */
export async function bench(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv);
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const extent = options.quick ? 'quick' : 'full';
  const jobs = filterJobs(allJobs(extent), options.filter);
  if (options.list) {
    for (const { id, shape } of jobs) console.log(`${id.padEnd(64)} ${shape}`);
    return 0;
  }
  const start = performance.now();
  let stop = false;
  const onInterrupt = () => {
    stop = true;
    console.log('\nStopping after this row; a second Ctrl-C ends at once.');
  };
  process.once('SIGINT', onInterrupt);
  const listener = terminalListener(() => stop);
  try {
    const results = options.browser
      ? await runInChromium(options, listener)
      : await runInNode(options, listener);
    printSummary(results, (performance.now() - start) / 1000);
    const file = options.json ?? (wholeRun(options) && !stop ? defaultFile(results) : undefined);
    if (file !== undefined) {
      writeResults(file, results);
      console.log(`Written to ${file}`);
    }
    return results.failures.length > 0 ? 1 : 0;
  } finally {
    process.removeListener('SIGINT', onInterrupt);
  }
}

const wholeRun = ({ quick, filter }: BenchOptions): boolean => !quick && filter === undefined;

async function runInNode(options: BenchOptions, listener: Listener): Promise<Results> {
  const { adapter, quick, filter } = options;
  const open = () => openEngine(adapter === undefined ? {} : { adapter });
  const extent = quick ? 'quick' : 'full';
  const engine = await open();
  console.log(`${engine.device.description}. ${engine.device.why}`);
  engine.dispose();
  const peers = options.peers ? await comparedPeers(adapter) : null;
  const jobs = filterJobs(allJobs(extent), filter);
  const measured = await runSuite({ jobs, extent, open, peers }, listener);
  return {
    ...measured,
    runtime: `Node ${process.versions.node} (Dawn)`,
    commit: commitName(),
    date: new Date().toISOString(),
  };
}

async function comparedPeers(adapter: string | undefined): Promise<OpenedPeers | null> {
  if (!peersInstalled()) {
    sayPeersMissing();
    return null;
  }
  const opened = await openPeersInNode(adapter);
  sayPeers(opened);
  return opened;
}

function sayPeersMissing(): void {
  console.log(`NO PEERS: nothing is compared with other libraries. To install them: ${INSTALL_PEERS}`);
}

function sayPeers({
  peers,
  failures,
}: Pick<OpenedPeers, 'failures'> & { peers: OpenedPeers['peers'] }): void {
  if (peers.length > 0) {
    console.log(`Compared with ${peers.map(({ name, version }) => `${name} ${version}`).join(', ')}.`);
  }
  for (const { name, reason } of failures) console.log(`PEER ${name} DID NOT OPEN: ${reason}`);
}

async function runInChromium(options: BenchOptions, listener: Listener): Promise<Results> {
  // Vite and Playwright are development dependencies, which a run in Node does not need.
  const { measureInChromium } = await import('./browser/drive.ts');
  const wanted = options.peers && peersInstalled();
  if (options.peers && !wanted) sayPeersMissing();
  return measureInChromium(options, wanted ? '/bench/peers/index.ts' : undefined, {
    ...listener,
    peers: sayPeers,
  });
}
