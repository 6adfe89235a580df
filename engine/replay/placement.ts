/** Something that needs memory from one command of a list to another. */
export interface Lifetime {
  readonly bytes: number;
  /** Index of the first command that touches it, and of the last one. */
  readonly first: number;
  readonly last: number;
  /** Indices of lifetimes that may not lie in the same heap, though they may be alive at the same time. */
  readonly apart: ReadonlySet<number>;
}

/** Where a lifetime lies. */
export interface Slot {
  readonly heap: number;
  readonly offset: number;
}

export interface Placement {
  readonly slots: readonly Slot[];
  /** Bytes that each heap needs. */
  readonly heaps: readonly number[];
}

/** Every device can bind a buffer from multiples of 256 bytes on. */
const ALIGNMENT = 256;

export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** The largest sum of bytes that are needed at the same time: no placement can do with less. */
export function lowerBound(lifetimes: readonly Pick<Lifetime, 'bytes' | 'first' | 'last'>[]): number {
  const changes = new Map<number, number>();
  const change = (at: number, bytes: number) => changes.set(at, (changes.get(at) ?? 0) + bytes);
  for (const { bytes, first, last } of lifetimes) {
    change(first, bytes);
    change(last + 1, -bytes);
  }
  let live = 0;
  let most = 0;
  for (const [, bytes] of [...changes].sort(([a], [b]) => a - b)) {
    live += bytes;
    most = Math.max(most, live);
  }
  return most;
}

type Order = (a: Lifetime, b: Lifetime) => number;

/** In which order lifetimes are placed matters, and no one order is always the best: the best of these is taken. */
const ORDERS: readonly Order[] = [
  (a, b) => b.bytes - a.bytes,
  (a, b) => b.last - b.first - (a.last - a.first),
  (a, b) => b.bytes * (b.last - b.first + 1) - a.bytes * (a.last - a.first + 1),
  (a, b) => a.first - b.first,
  (a, b) => b.last - a.last,
];

/** Large ones first, give or take a factor of 3 that is the same in every run: for when none of the others is near. */
const SHUFFLED: readonly Order[] = Array.from({ length: 16 }, (_, round) => {
  const size = ({ bytes, first, last }: Lifetime) => {
    const hash = Math.imul(31 * first + last + 977 * round, 0x9e3779b1) >>> 0;
    return bytes * (1 + hash / 2 ** 31);
  };
  return (a, b) => size(b) - size(a);
});

const HEAP_COUNTS = [2, 3, 4, 6];

/** Of the lower bound: what is as near is not worth another try, or not worth one of many. */
const CLOSE = 1.01;
const NEAR = 1.05;

/**
 * Gives every lifetime an offset in one of a few heaps, so that no two that overlap in time overlap in bytes, and none
 * shares a heap with one that it must stay apart from. `existing` are the sizes that heaps have already: what fits
 * there costs nothing. No heap grows beyond `most` bytes, which each lifetime must fit in.
 */
export function assignSlots(
  lifetimes: readonly Lifetime[],
  { existing = [], most = Number.POSITIVE_INFINITY }: { existing?: readonly number[]; most?: number } = {},
): Placement {
  let best: Placement | null = null;
  let least = Number.POSITIVE_INFINITY;
  const rounded = lifetimes.map(({ bytes, first, last }) => ({ bytes: aligned(bytes), first, last }));
  const needed = Math.max(sum(existing), lowerBound(rounded));
  for (const [tries, order] of [...ORDERS, ...SHUFFLED].entries()) {
    const enough = needed * (tries < ORDERS.length ? CLOSE : NEAR);
    if (least <= enough) break;
    for (const count of HEAP_COUNTS) {
      for (const sizes of existing.length === 0 ? [[]] : [existing, []]) {
        const tried = placeInOrder(lifetimes, order, Math.max(count, sizes.length), sizes, most);
        // What was placed without a look at the heaps that are there goes into those most like its own.
        const placement = sizes === existing ? tried : matched(tried, existing);
        const total = sum(placement.heaps.map((size, heap) => Math.max(size, existing[heap] ?? 0)));
        if (total >= least) continue;
        least = total;
        best = placement;
        if (least <= enough) return best;
      }
    }
  }
  return best as Placement;
}

/** The same with its largest heap as the largest of `existing`, and so on down. */
function matched({ slots, heaps }: Placement, existing: readonly number[]): Placement {
  const count = Math.max(heaps.length, existing.length);
  const bySize = (sizes: readonly number[]) =>
    Array.from({ length: count }, (_, heap) => heap).sort((a, b) => (sizes[b] ?? 0) - (sizes[a] ?? 0));
  const [from, to] = [bySize(heaps), bySize(existing)];
  const heapOf = new Map(from.map((heap, rank) => [heap, to[rank] as number]));
  const sizes = Array.from({ length: count }, () => 0);
  for (const [heap, size] of heaps.entries()) sizes[heapOf.get(heap) as number] = size;
  return {
    slots: slots.map(({ heap, offset }) => ({ heap: heapOf.get(heap) as number, offset })),
    heaps: sizes,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function placeInOrder(
  lifetimes: readonly Lifetime[],
  order: (a: Lifetime, b: Lifetime) => number,
  count: number,
  existing: readonly number[],
  most: number,
): Placement {
  const heaps = Array.from({ length: count }, (_, heap) => new HeapLayout(existing[heap] ?? 0));
  const slots = new Map<number, Slot>();
  const indices = lifetimes.map((_, index) => index);
  indices.sort((a, b) => order(lifetimes[a] as Lifetime, lifetimes[b] as Lifetime) || a - b);
  for (const index of indices) {
    const life = lifetimes[index] as Lifetime;
    const bytes = aligned(life.bytes);
    const closed = new Set([...life.apart].map((other) => slots.get(other)?.heap));
    let best: (Fit & { readonly heap: number }) | null = null;
    for (const [heap, layout] of heaps.entries()) {
      if (closed.has(heap)) continue;
      const fit = layout.fit(life, bytes);
      if (fit.offset + bytes > most) continue;
      if (!best || fit.growth < best.growth || (fit.growth === best.growth && fit.slack < best.slack))
        best = { ...fit, heap };
    }
    const { heap, offset } = best ?? { heap: heaps.push(new HeapLayout(0)) - 1, offset: 0 };
    heaps[heap]?.put(life, offset, bytes);
    slots.set(index, { heap, offset });
  }
  return {
    slots: lifetimes.map((_, index) => slots.get(index) as Slot),
    heaps: heaps.map(({ used }) => used),
  };
}

interface Fit {
  readonly offset: number;
  /** Bytes by which the heap gets larger. */
  readonly growth: number;
  /** Bytes left over in the gap. */
  readonly slack: number;
}

/** One heap while it is filled. */
class HeapLayout {
  /** Bytes from its start to the end of the last block. */
  used = 0;
  readonly #existing: number;
  /** Lowest offset first. */
  readonly #blocks: { readonly life: Lifetime; readonly offset: number; readonly end: number }[] = [];

  constructor(existing: number) {
    this.#existing = existing;
  }

  /** The tightest gap between what is alive at the same time, or the end. */
  fit({ first, last }: Lifetime, bytes: number): Fit {
    let tightest = { offset: -1, slack: Number.POSITIVE_INFINITY };
    let end = 0;
    for (const block of this.#blocks) {
      if (block.life.first > last || block.life.last < first) continue;
      const slack = block.offset - end - bytes;
      if (slack >= 0 && slack < tightest.slack) tightest = { offset: end, slack };
      end = Math.max(end, block.end);
    }
    if (tightest.offset >= 0) return { ...tightest, growth: 0 };
    const room = Math.max(this.used, this.#existing) - end - bytes;
    return { offset: end, growth: Math.max(0, -room), slack: Math.max(0, room) };
  }

  put(life: Lifetime, offset: number, bytes: number): void {
    const end = offset + bytes;
    const at = this.#blocks.findIndex((block) => block.offset > offset);
    this.#blocks.splice(at < 0 ? this.#blocks.length : at, 0, { life, offset, end });
    this.used = Math.max(this.used, end);
  }
}
