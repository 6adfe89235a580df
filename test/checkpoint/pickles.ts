/** Files of torch.save with any pickle one likes, for what no honest program writes. */
import { crc32 } from '../../base/crc32.ts';
import type { StoredTensor } from '../../checkpoint/dtypes.ts';
import { encodeTorch } from '../../checkpoint/torch/write.ts';

export function stored(name: string, shape: readonly number[], values: readonly number[]): StoredTensor {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return { name, dtype: 'F32', shape, offset: 0, read: async () => bytes };
}

/** Bytes of texts and numbers one after another. */
export function pickle(...parts: readonly (string | number)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : [part])),
  );
}

/** A whole archive, with a storage "0" of twelve floats, around this pickle. */
export async function archiveOf(data: Uint8Array): Promise<Uint8Array> {
  const values = Array.from({ length: 12 }, (_, i) => i);
  const whole = await encodeTorch([stored('w', [12], values)]);
  const view = new DataView(whole.buffer);
  const nameLength = view.getUint16(26, true);
  const start = 30 + nameLength + view.getUint16(28, true);
  const size = view.getUint32(18, true);
  const grown = new Uint8Array(whole.length + data.length - size);
  grown.set(whole.subarray(0, start));
  grown.set(data, start);
  grown.set(whole.subarray(start + size), start + data.length);
  patch(grown, data, data.length - size, start);
  return grown;
}

function patch(bytes: Uint8Array, data: Uint8Array, moved: number, start: number): void {
  const view = new DataView(bytes.buffer);
  const end = bytes.length - 22;
  const directory = view.getUint32(end + 16, true) + moved;
  view.setUint32(end + 16, directory, true);
  const sizes = (at: number) => {
    view.setUint32(at, crc32(data), true);
    view.setUint32(at + 4, data.length, true);
    view.setUint32(at + 8, data.length, true);
  };
  sizes(14);
  for (let at = directory; at < end; ) {
    const header = view.getUint32(at + 42, true);
    if (header < start) sizes(at + 16);
    else view.setUint32(at + 42, header + moved, true);
    at += 46 + view.getUint16(at + 28, true);
  }
}
