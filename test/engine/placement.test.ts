import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignSlots, type Lifetime, lowerBound } from '../../engine/replay/placement.ts';
import { runs } from '../support/engine.ts';

/** Lists of lifetimes as commands make them: each command reads some that exist, and writes new ones. */
const lists = fc
  .array(
    fc.record({
      reads: fc.array(fc.nat(1e6), { maxLength: 4 }),
      writes: fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((commands) => {
    const lives: { bytes: number; first: number; last: number; apart: Set<number> }[] = [];
    for (const [at, { reads, writes }] of commands.entries()) {
      const read = lives.length === 0 ? [] : reads.map((seed) => seed % lives.length);
      const written = writes.map((bytes) => lives.push({ bytes, first: at, last: at, apart: new Set() }) - 1);
      for (const index of read) {
        const life = lives[index] as (typeof lives)[number];
        life.last = at;
        for (const other of written) {
          life.apart.add(other);
          lives[other]?.apart.add(index);
        }
      }
    }
    return lives as Lifetime[];
  });

describe('a placement', () => {
  it('never lets overlapping lifetimes overlap in bytes, nor those that must stay apart share a heap', () => {
    const options = fc.record({
      existing: fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 5 }),
      most: fc.constantFrom(5120, 20_480, Number.POSITIVE_INFINITY),
    });
    fc.assert(
      fc.property(lists, options, (lives, { existing, most }) => {
        const { slots, heaps } = assignSlots(lives, {
          existing: existing.map((blocks) => 256 * blocks),
          most,
        });
        expect(slots).toHaveLength(lives.length);
        for (const [a, one] of lives.entries()) {
          const at = slots[a] as (typeof slots)[number];
          expect(at.offset % 256).toBe(0);
          expect(at.offset + one.bytes).toBeLessThanOrEqual(Math.min(most, heaps[at.heap] as number));
          for (const [b, other] of lives.entries()) {
            const there = slots[b] as (typeof slots)[number];
            if (a === b || at.heap !== there.heap) continue;
            expect(one.apart.has(b)).toBe(false);
            const together = one.first <= other.last && other.first <= one.last;
            const disjoint = at.offset + one.bytes <= there.offset || there.offset + other.bytes <= at.offset;
            expect(disjoint || !together).toBe(true);
          }
        }
      }),
      { numRuns: runs(200) },
    );
  });

  it('takes no more room where there is enough already', () => {
    fc.assert(
      fc.property(lists, (lives) => {
        const { heaps } = assignSlots(lives);
        const again = assignSlots(lives, { existing: heaps });
        const total = (sizes: readonly number[]) =>
          sizes.reduce((sum, size, heap) => sum + Math.max(size, heaps[heap] ?? 0), 0);
        expect(total(again.heaps)).toBeLessThanOrEqual(1.06 * total(heaps));
      }),
      { numRuns: runs(100) },
    );
  });
});

it('the lower bound is the largest sum of bytes that are alive together', () => {
  const live = (bytes: number, first: number, last: number) => ({ bytes, first, last });
  expect(lowerBound([])).toBe(0);
  expect(lowerBound([live(10, 0, 1), live(20, 1, 2), live(100, 3, 3), live(80, 2, 2)])).toBe(100);
  expect(lowerBound([live(10, -1, 5), live(20, 1, 2), live(70, 2, 3)])).toBe(100);
});
