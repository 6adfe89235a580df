/** Which room may import which: the one table for all folders. Whatever is not in it is not allowed. */
import type { Import } from './imports.ts';

const BELOW_WORKFLOWS = ['figures', 'evaluate', 'checkpoint', 'model', 'data', 'engine', 'base'];

/** Rooms from the top floor to the ground, and the rooms that each may import beside itself. */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  test: ['cli', 'demo', 'bench', 'workflows', ...BELOW_WORKFLOWS],
  // The references of the tests say whether what is timed is right.
  bench: ['test', 'cli', 'workflows', ...BELOW_WORKFLOWS],
  cli: ['workflows', ...BELOW_WORKFLOWS],
  demo: ['workflows', ...BELOW_WORKFLOWS],
  workflows: ['evaluate', 'checkpoint', 'model', 'data', 'engine', 'base'],
  figures: ['evaluate', 'base'],
  evaluate: ['model', 'engine', 'base'],
  checkpoint: ['model', 'engine', 'base'],
  model: ['engine', 'base'],
  data: ['base'],
  engine: ['base'],
  base: [],
};

/** Wings of the engine, ground first: each may import the wings before it. Files of its root are wings of their own. */
export const ENGINE_WINGS = [
  ['errors', 'dtype', 'shape'],
  ['platform'],
  ['gpu'],
  ['tensor'],
  ['kernels'],
  ['matmul'],
  ['parameters'],
  ['autograd'],
  ['ops', 'init'],
  ['optim'],
  ['replay'],
  ['engine'],
  ['index'],
] as const;

/** Rooms that run in a browser as they do in Node: no module of Node's, but in files that say so by their name. */
const PORTABLE = [
  'base',
  'engine',
  'data',
  'model',
  'checkpoint',
  'evaluate',
  'figures',
  'workflows',
  'demo',
];
const FOR_NODE = /(?:^|[-/])node\.ts$|(?:^|\/)demo\/vite\.config\.ts$/;

/** Rooms that open an adapter, and so ask the platform that they run on. */
const OPENS_ADAPTERS = ['engine', 'cli', 'bench', 'test'];

/** What is wrong with an import, or undefined. */
export function violation({ from, to }: Import): string | undefined {
  const room = roomOf(from);
  if (room === undefined) return undefined;
  if (to.startsWith('node:')) {
    return PORTABLE.includes(room) && !FOR_NODE.test(from)
      ? `${from} imports ${to}: ${room}/ runs in browsers too; only files named *-node.ts or node.ts may use Node's modules.`
      : undefined;
  }
  if (to === '#platform') {
    return OPENS_ADAPTERS.includes(room)
      ? undefined
      : `${from} imports #platform: ${room}/ opens no adapter.`;
  }
  const other = roomOf(to);
  if (other === undefined) return undefined;
  if (other === room) return withinRoom(room, from, to);
  const below = LAYERS[room] ?? [];
  return below.includes(other)
    ? undefined
    : `${from} imports ${to}: ${room}/ may import ${below.map((one) => `${one}/`).join(', ') || 'nothing'}.`;
}

/** The first folder of a path, where it is a room of the table. */
function roomOf(path: string): string | undefined {
  const room = path.split('/')[0] as string;
  return path.includes('/') && room in LAYERS ? room : undefined;
}

function withinRoom(room: string, from: string, to: string): string | undefined {
  if (room === 'engine') return withinEngine(from, to);
  if (room === 'cli') return betweenVerbs(from, to);
  return undefined;
}

function withinEngine(from: string, to: string): string | undefined {
  const [upper, lower] = [from, to].map((path) => {
    const wing = wingOf(path);
    return ENGINE_WINGS.findIndex((wings) => (wings as readonly string[]).includes(wing));
  }) as [number, number];
  if (upper < 0) return `${from} stands in no wing of the engine; add it to the table of wings.`;
  return lower > upper ||
    (lower === upper && wingOf(from) !== wingOf(to) && upper !== 0 && wingOf(from) !== 'init')
    ? `${from} imports ${to}: ${wingOf(from)} lies below ${wingOf(to)} in the engine.`
    : undefined;
}

function wingOf(path: string): string {
  return (path.split('/')[1] as string).replace(/\.ts$/, '');
}

/** Files of cli/ that no verb owns. */
const OF_ALL_VERBS = ['common', 'bin', 'command', 'spotr'];

function betweenVerbs(from: string, to: string): string | undefined {
  const [verb, other] = [from, to].map((path) => (path.split('/')[1] as string).replace(/\.[jt]s$/, ''));
  if (verb === other || verb === 'bin' || verb === 'spotr' || verb === 'command') return undefined;
  if (other === 'common') return undefined;
  return OF_ALL_VERBS.includes(verb as string)
    ? `${from} imports ${to}: what verbs share knows none of them.`
    : `${from} imports ${to}: no verb imports another; what both need stands in cli/common.`;
}
