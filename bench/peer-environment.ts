// Not in peers/, which is a package of its own and has no `#platform`.
import { requestAdapter } from '#platform';
import type { AdapterChoice } from '../engine/index.ts';

/** Makes other libraries' waiting as easy on the processor as the engine's own. */
export { settle } from '#platform';

/**
 * Lets libraries that were written for browsers find WebGPU through `navigator.gpu`, on the adapter that `choice` names.
 * Where the place has a `navigator.gpu` of its own, that one stays. To be called before such a library is imported.
 */
export function offerWebGpu(choice: AdapterChoice): void {
  if (globalThis.navigator?.gpu !== undefined) return;
  const gpu = {
    requestAdapter: async () => likeInBrowsers((await requestAdapter({ adapter: choice })).adapter),
    getPreferredCanvasFormat: () => 'bgra8unorm',
    wgslLanguageFeatures: new Set(),
  };
  const { userAgent = 'Node.js', hardwareConcurrency = 1 } = globalThis.navigator ?? {};
  const value = { gpu, userAgent, hardwareConcurrency };
  Object.defineProperty(globalThis, 'navigator', { value, configurable: true });
}

/** Dawn in Node refuses to write from shared memory, which browsers take: it is copied first. */
function likeInBrowsers(adapter: GPUAdapter): GPUAdapter {
  const requestDevice = adapter.requestDevice.bind(adapter);
  adapter.requestDevice = async (descriptor) => {
    const device = await requestDevice(descriptor);
    const { queue } = device;
    const writeBuffer = queue.writeBuffer.bind(queue);
    queue.writeBuffer = (buffer, offset, data, start, size) => {
      if (isShared(data)) writeBuffer(buffer, offset, copyOf(data, start, size));
      else writeBuffer(buffer, offset, data, start, size);
      return undefined;
    };
    return device;
  };
  return adapter;
}

function isShared(data: AllowSharedBufferSource): boolean {
  const memory = ArrayBuffer.isView(data) ? data.buffer : data;
  return typeof SharedArrayBuffer !== 'undefined' && memory instanceof SharedArrayBuffer;
}

/** `start` and `size` count elements of a typed array, and bytes otherwise, as in `writeBuffer`. */
function copyOf(data: AllowSharedBufferSource, start = 0, size?: number): Uint8Array<ArrayBuffer> {
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  const unit = 'BYTES_PER_ELEMENT' in data ? (data.BYTES_PER_ELEMENT as number) : 1;
  const end = size === undefined ? bytes.length : (start + size) * unit;
  return Uint8Array.from(bytes.subarray(start * unit, end));
}
