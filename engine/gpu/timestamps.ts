import { settle } from '#platform';
import { EngineError } from '../errors.ts';
import type { Device } from './device.ts';

/** WebGPU's limit for one query set. */
const MOST_QUERIES = 4096;

/** When each of a number of compute passes began and ended, by the device's own clock. */
export class Timestamps {
  readonly #device: Device;
  readonly #passes: number;
  readonly #sets: readonly GPUQuerySet[];

  constructor(device: Device, passes: number) {
    if (!device.features.has('timestamp-query')) {
      throw new EngineError(
        `The adapter "${device.description}" has no timestamps (timestamp-query): measure whole steps by the clock instead.`,
      );
    }
    this.#device = device;
    this.#passes = passes;
    this.#sets = Array.from({ length: Math.ceil((2 * passes) / MOST_QUERIES) }, (_, set) =>
      device.gpu.createQuerySet({
        type: 'timestamp',
        count: Math.min(MOST_QUERIES, 2 * passes - set * MOST_QUERIES),
      }),
    );
  }

  /** For the descriptor of compute pass `index`. */
  writesOf(index: number): GPUComputePassTimestampWrites {
    const at = (2 * index) % MOST_QUERIES;
    const querySet = this.#sets[Math.floor((2 * index) / MOST_QUERIES)] as GPUQuerySet;
    return { querySet, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 };
  }

  /** Microseconds that each pass took, once `encode` is submitted with it recorded last. Frees the queries. */
  async microseconds(submit: (resolve: (encoder: GPUCommandEncoder) => void) => void): Promise<number[]> {
    const { gpu } = this.#device;
    const bytes = 16 * this.#passes;
    const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
    const resolved = gpu.createBuffer({
      size: Math.ceil(bytes / 256) * 256,
      usage: QUERY_RESOLVE | COPY_SRC,
      label: 'timestamps',
    });
    const staging = gpu.createBuffer({ size: bytes, usage: COPY_DST | MAP_READ, label: 'timestamps' });
    submit((encoder) => {
      for (const [index, set] of this.#sets.entries()) {
        encoder.resolveQuerySet(set, 0, set.count, resolved, index * MOST_QUERIES * 8);
      }
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
    });
    await settle(staging.mapAsync(GPUMapMode.READ));
    const ticks = new BigUint64Array(staging.getMappedRange());
    const times = Array.from(
      { length: this.#passes },
      (_, pass) => Number((ticks[2 * pass + 1] as bigint) - (ticks[2 * pass] as bigint)) / 1000,
    );
    for (const one of [resolved, staging, ...this.#sets]) one.destroy();
    return times;
  }
}
