import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { AdapterError } from '../errors.ts';
import { type ListedAdapter, listAdapters, openListed } from './dawn-node.ts';
import { isSoftwareName, kindOf } from './describe.ts';
import { type Drivers, INSTALL_LINE, offerPackagedDriver } from './software-adapter-node.ts';

export { recall, remember } from './store-node.ts';

import type { AdapterChoice, AdapterKind, AdapterOptions, OpenedAdapter } from './types.ts';

/** Adapters are opened one after the other, since each changes the environment for a moment. */
let opening: Promise<unknown> = Promise.resolve();

/** See Platform. Prefers hardware; where none answers, the software adapter that npm brings. */
export function requestAdapter(options: AdapterOptions = {}): Promise<OpenedAdapter> {
  const asked = options.adapter ?? 'auto';
  const choice = asked === 'auto' ? process.env.SPOTR_ADAPTER || 'auto' : asked;
  const opened = opening.then(() => open(choice, options.featureLevel));
  opening = opened.catch(() => undefined);
  return opened;
}

async function open(
  choice: AdapterChoice,
  featureLevel: AdapterOptions['featureLevel'],
): Promise<OpenedAdapter> {
  const drivers = offerPackagedDriver();
  try {
    let listed = await listAdapters();
    if (listed.length === 0 && drivers.from === 'packaged') {
      drivers.usePackagedOnly();
      listed = await listAdapters();
    }
    const best = listed.filter((one) => fits(one, choice)).sort((a, b) => rank(a) - rank(b))[0];
    const adapter = best && (await openListed(best, featureLevel));
    if (!adapter) throw new AdapterError(explainAbsence(choice, listed, drivers));
    const kind = kindOf(adapter.info);
    const description = `${best.name} via Dawn, ${best.backend}`;
    return { adapter, kind, description, why: explain(choice, kind, drivers) };
  } finally {
    drivers.restore();
  }
}

function fits({ name }: ListedAdapter, choice: AdapterChoice): boolean {
  if (choice === 'auto') return true;
  if (choice === 'software') return isSoftwareName(name);
  if (choice === 'hardware') return !isSoftwareName(name);
  return name.toLowerCase().includes(choice.toLowerCase());
}

/** Hardware first; then a software driver of the system's, which is faster than SwiftShader. Dawn's order otherwise. */
function rank({ name }: ListedAdapter): number {
  if (!isSoftwareName(name)) return 0;
  return /swiftshader/i.test(name) ? 2 : 1;
}

function explain(choice: AdapterChoice, kind: AdapterKind, drivers: Drivers): string {
  const among =
    drivers.from === 'user' ? ' among the drivers that VK_ICD_FILENAMES or VK_DRIVER_FILES names' : '';
  const cost =
    'it computes on the processor: right for trying out and for tests, far slower than a graphics card';
  if (choice !== 'auto') return `'${choice}' was asked for${among}${kind === 'software' ? `; ${cost}` : ''}.`;
  if (kind === 'software')
    return `No hardware adapter answered${among}, so a software adapter is used; ${cost}.`;
  return `It is the first hardware adapter that answered${among}.`;
}

function explainAbsence(choice: AdapterChoice, listed: ListedAdapter[], drivers: Drivers): string {
  const found = listed.map(({ name, backend }) => `'${name}' (${backend})`).join(', ') || 'none at all';
  const wanted = choice === 'auto' ? '' : ` that fits '${choice}'`;
  return `no WebGPU adapter${wanted} (found: ${found}). ${remedy(choice, drivers)}`;
}

function remedy(choice: AdapterChoice, drivers: Drivers): string {
  // A worker's environment is a copy that the driver loader never sees.
  if (!isMainThread) return 'Open it on the main thread: drivers cannot be offered from a worker thread.';
  if (drivers.failure !== undefined)
    return `The software adapter that npm brings did not open: ${drivers.failure}.`;
  if (drivers.from === 'user')
    return 'Unset VK_ICD_FILENAMES and VK_DRIVER_FILES, or name a driver that exists there.';
  if (process.platform !== 'linux')
    return "Update the graphics card's driver: Dawn uses Metal on macOS, D3D12 on Windows.";
  if (choice === 'auto' || choice === 'software') {
    return process.arch === 'x64'
      ? `The line that installs one: ${INSTALL_LINE}`
      : 'The line that installs one: sudo apt-get install libvulkan1 mesa-vulkan-drivers (Mesa 25 or later)';
  }
  if (choice === 'hardware') {
    return 'The line that installs one: sudo apt-get install libvulkan1 mesa-vulkan-drivers (Intel, AMD; for NVIDIA its own driver).';
  }
  return "Name a part of one that was found, or 'auto', 'hardware' or 'software'.";
}

const shaders = new Map<string, string>();

/** See Platform. */
export function readShader(name: string): string {
  const known = shaders.get(name);
  if (known !== undefined) return known;
  const file = new URL(`../../shaders/${name}.wgsl`, import.meta.url);
  try {
    const text = readFileSync(file, 'utf8');
    shaders.set(name, text);
    return text;
  } catch (cause) {
    throw new Error(`there is no shader '${name}': expected the file shaders/${name}.wgsl`, { cause });
  }
}

const SLEEP_MS = 0.2;
/** What is ready anyway comes within a few turns of the event loop, some microseconds each, and is not slept over. */
const WAKEFUL_TURNS = 16;
const cell = new Int32Array(new SharedArrayBuffer(4));
let unsettled = 0;
let watching = false;
let turns = 0;

/** See Platform. While a promise of Dawn's is pending its binding polls in every turn of the event loop. */
export function settle<T>(promise: Promise<T>): Promise<T> {
  const done = () => {
    unsettled--;
  };
  promise.then(done, done);
  unsettled++;
  turns = 0;
  // One watch for all: a second one would sleep as long again in every turn.
  if (!watching) setImmediate(sleepWhileUnsettled);
  watching = true;
  return promise;
}

/** Sleeping a little in every turn gives the core to a software adapter's own threads. */
function sleepWhileUnsettled(): void {
  watching = unsettled > 0;
  if (!watching) return;
  if (turns++ >= WAKEFUL_TURNS) Atomics.wait(cell, 0, 0, SLEEP_MS);
  setImmediate(sleepWhileUnsettled);
}
