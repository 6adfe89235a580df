import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toFloat32 } from '../../checkpoint/dtypes.ts';
import { readHashedCheckpoint, sha256 } from '../../checkpoint/node.ts';
import { encodeTorch } from '../../checkpoint/torch/write.ts';
import { stored } from './pickles.ts';

describe('numbers of checkpoints', () => {
  it('widens bfloat16, rounds doubles, and takes integers', () => {
    const bytes = (array: ArrayBufferView) => new Uint8Array(array.buffer as ArrayBuffer);
    expect(toFloat32('BF16', bytes(Uint16Array.of(0x3f80, 0xc000, 0x8000)))).toEqual(
      Float32Array.of(1, -2, -0),
    );
    expect(toFloat32('F64', bytes(Float64Array.of(0.1, -Infinity)))).toEqual(Float32Array.of(0.1, -Infinity));
    expect(toFloat32('F64', bytes(Float64Array.of(1e300)))).toBeUndefined();
    expect(toFloat32('I64', bytes(BigInt64Array.of(-3n, 9n)))).toEqual(Float32Array.of(-3, 9));
    expect(toFloat32('BOOL', Uint8Array.of(0, 1))).toEqual(Float32Array.of(0, 1));
    // Node's Buffer shares memory where other arrays copy it.
    const shifted = Buffer.concat([Buffer.of(9), Buffer.from(Float32Array.of(1.5, 2.5).buffer)]).subarray(1);
    expect(toFloat32('F32', shifted)).toEqual(Float32Array.of(1.5, 2.5));
  });

  it('has the hashes of others, of files in memory and in pieces', async () => {
    const bytes = Uint8Array.from({ length: 2 ** 20 + 77 }, (_, i) => (i * 31) % 253);
    let [largest, asked] = [0, 0];
    const file = {
      size: bytes.length,
      read: async (offset: number, length: number) => {
        largest = Math.max(largest, length);
        asked += length;
        return bytes.subarray(offset, offset + length);
      },
    };
    const wanted = createHash('sha256').update(bytes).digest('hex');
    const both = await Promise.all([sha256(bytes, 'a'), sha256(file, 'a')]);
    expect(both).toEqual([wanted, wanted]);
    expect([largest, asked]).toEqual([2 ** 20, bytes.length]);
    expect(await sha256(new Uint8Array(), 'a')).toBe(createHash('sha256').digest('hex'));
    await expect(sha256({ ...file, size: file.size + 1 }, 'a.pt')).rejects.toMatchObject({
      ...{ reason: 'truncated', file: 'a.pt', offset: bytes.length },
    });
  });

  it('has the hash of the checkpoint that was read', async () => {
    const bytes = await encodeTorch([stored('w', [2], [1, 2])]);
    const { tensors, sha256: hash } = await readHashedCheckpoint(bytes, 'a.pt');
    expect([...(tensors.get('w')?.data ?? [])]).toEqual([1, 2]);
    expect(hash).toBe(createHash('sha256').update(bytes).digest('hex'));
  });
});
