import { SIZES, type SpotrConfig, type SpotrSize } from '../../../model/config.ts';
import type { KernelCase, Pass } from '../../contract.ts';
import { costOf } from './costs.ts';
import { optimizerDraft } from './optimizer.ts';
import { type Draft, matmul, spotrDrafts, type Window } from './spotr.ts';

/** How much of the suite to run. */
export type Extent = 'full' | 'quick';

/** The paper's sizes. */
const MODELS: readonly SpotrSize[] = ['small', 'medium', 'base'];
/** Channels by samples, as recordings of the paper's downstream data sets come. */
export const WINDOWS: readonly Window[] = [
  { channels: 1, samples: 600 },
  { channels: 2, samples: 6000 },
  { channels: 12, samples: 2000 },
  { channels: 19, samples: 2000 },
  { channels: 29, samples: 800 },
];
/** The window at which sizes are compared. */
export const TYPICAL: Window = { channels: 12, samples: 2000 };
const SQUARES = { full: [64, 128, 256, 512, 1024], quick: [128, 512] } as const;
/** The base model's four arenas are 1.2 GB, and its reference as much again. */
const OPTIMIZED: readonly SpotrSize[] = ['small', 'medium'];
const VECTORS = { full: [2 ** 12, 2 ** 16, 2 ** 20, 2 ** 22], quick: [2 ** 20] } as const;

export const showWindow = ({ channels, samples }: Window): string => `${channels}x${samples}`;

const dims = (shape: readonly number[]): string => shape.join('x') || '1';

/** What tells a draft from all others. */
function nameOf({ family, op, shapes, attributes, mark }: Draft): string {
  if (family === 'matmul') {
    const { bias, residual } = attributes as { bias: boolean; residual: boolean };
    const [[m, k], [n]] = shapes as readonly [number[], number[]];
    return `matmul/${m}x${n}x${k}${bias ? '+bias' : ''}${residual ? '+residual' : ''}`;
  }
  return [family, ...(op === family ? [] : [op]), shapes.map(dims).join(','), ...(mark ? [mark] : [])].join(
    '/',
  );
}

function kernelCase(draft: Draft, where: string, pass: Pass): KernelCase {
  const { family, op, attributes, shapes, place } = draft;
  return {
    id: `${nameOf(draft)}/${pass}`,
    family,
    label: [where, place].filter(Boolean).join(' '),
    op,
    attributes,
    shapes,
    pass,
    ...costOf(op, shapes, attributes, pass),
  };
}

/** Powers of two, which say more about kernels than about SPOTR. */
function squareDrafts(extent: Extent): Draft[] {
  const vector = (op: string, count: number, inputs: number): Draft => ({
    family: 'vector',
    op,
    attributes: op === 'gelu' ? { s: 0 } : null,
    shapes: Array.from({ length: inputs }, () => [count]),
    place: 'vector',
    gradient: op !== 'add',
    uses: { encoder: 0, model: 0 },
  });
  return [
    ...SQUARES[extent].map((n) => matmul('square', [n, n, n])),
    ...VECTORS[extent].flatMap((count) => [
      vector('add', count, 2),
      vector('mul', count, 2),
      vector('gelu', count, 1),
    ]),
  ];
}

/** Operations of one window's way through the encoder, or of one window's part of a training step. */
export function modelFlops(config: SpotrConfig, window: Window, what: 'embed' | 'train'): number {
  return spotrDrafts(config, window).reduce((sum, { op, shapes, attributes, uses }) => {
    const times = what === 'embed' ? uses.encoder : uses.model;
    return sum + times * costOf(op, shapes, attributes, what === 'embed' ? 'forward' : 'gradient').flops;
  }, 0);
}

/** Every kernel row, each case once: what several sizes or windows share stands under the first of them. */
export function kernelCases(extent: Extent): KernelCase[] {
  const models = extent === 'full' ? MODELS : (['small'] as const);
  const windows = extent === 'full' ? WINDOWS : [TYPICAL];
  const drafts = [
    ...squareDrafts(extent).map((draft) => ({ draft, where: '' })),
    ...models.flatMap((size) =>
      windows.flatMap((window) =>
        spotrDrafts(SIZES[size], window).map((draft) => ({ draft, where: `${size} ${showWindow(window)}` })),
      ),
    ),
    ...models
      .filter((size) => OPTIMIZED.includes(size))
      .map((size) => ({ draft: optimizerDraft(SIZES[size]), where: size })),
  ];
  const cases = new Map<string, KernelCase>();
  for (const { draft, where } of drafts) {
    for (const pass of draft.gradient ? (['forward', 'gradient'] as const) : (['forward'] as const)) {
      const made = kernelCase(draft, where, pass);
      if (!cases.has(made.id)) cases.set(made.id, made);
    }
  }
  const families = [...new Set([...cases.values()].map(({ family }) => family))];
  return families.flatMap((family) => [...cases.values()].filter((made) => made.family === family));
}
