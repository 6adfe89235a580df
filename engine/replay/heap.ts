import type { Memory } from '../gpu/memory.ts';

interface Heap {
  bytes: number;
  /** Made when somebody binds it. */
  buffer: GPUBuffer | null;
}

/**
 * A few buffers in which the activations of all captured steps lie. Steps run one after another, so what one shape's
 * step used is free for the next shape's: each heap is as large as the most that any of them needs there.
 */
export class ActivationHeaps {
  readonly #memory: Memory;
  readonly #heaps: Heap[] = [];
  readonly #needs = new Map<object, readonly number[]>();
  #generation = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Changes when a heap gets another buffer: what lies in heaps must then be bound anew. */
  get generation(): number {
    return this.#generation;
  }

  /** Bytes of each heap. */
  get sizes(): readonly number[] {
    return this.#heaps.map(({ bytes }) => bytes);
  }

  /** Makes each heap as large as `user` needs, until `release`. */
  reserve(user: object, bytes: readonly number[]): void {
    this.#needs.set(user, bytes);
    this.#resize();
  }

  release(user: object): void {
    this.#needs.delete(user);
    this.#resize();
  }

  bufferOf(index: number): GPUBuffer {
    const heap = this.#heaps[index] as Heap;
    heap.buffer ??= this.#memory.create(heap.bytes, 'activations');
    return heap.buffer;
  }

  /** Lets go of all buffers, which are made again when they are needed: after a failure they may not be real. */
  drop(): void {
    for (const heap of this.#heaps) this.#dropOne(heap);
  }

  #resize(): void {
    const needs = [...this.#needs.values()];
    const count = Math.max(this.#heaps.length, ...needs.map(({ length }) => length));
    for (let index = 0; index < count; index++) {
      const bytes = Math.max(0, ...needs.map((sizes) => sizes[index] ?? 0));
      this.#heaps[index] ??= { bytes: 0, buffer: null };
      const heap = this.#heaps[index] as Heap;
      if (heap.bytes === bytes) continue;
      // Before the new one is made, so that there are never both. Work under way on it is done first.
      this.#dropOne(heap);
      heap.bytes = bytes;
    }
  }

  #dropOne(heap: Heap): void {
    if (heap.buffer) this.#memory.destroy(heap.buffer);
    heap.buffer = null;
    this.#generation++;
  }
}
