import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CheckpointError } from '../../checkpoint/errors.ts';
import { openCheckpoint, readCheckpoint } from '../../checkpoint/read.ts';
import { encodeStored } from '../../checkpoint/safetensors.ts';
import { encodeTorch } from '../../checkpoint/torch/write.ts';
import { runs } from '../support/engine.ts';
import { archiveOf, pickle, stored } from './pickles.ts';

const SAMPLE = [
  stored('weight', [2, 3], [1, 2, 3, 4, 5, 6]),
  stored('bias', [2], [7, -0]),
  stored('none', [0, 3], []),
];
const DICT = ['ccollections\nOrderedDict\n', ')', 'R'] as const;
const STORAGE = [
  '((X',
  7,
  0,
  0,
  0,
  'storage',
  'ctorch\nFloatStorage\n',
  'X',
  1,
  0,
  0,
  0,
  '0X',
  3,
  0,
  0,
  0,
  'cpuK',
  12,
  'tQ',
] as const;
const REBUILD = ['ctorch._utils\n_rebuild_tensor_v2\n', ...STORAGE] as const;
/** {"w": tensor of this offset, size and strides}. */
const tensor = (...view: readonly (string | number)[]) =>
  pickle(0x80, 2, '}X', 1, 0, 0, 0, 'w', ...REBUILD, ...view, 0x89, ...DICT, 'tRs.');

describe("PyTorch's files", () => {
  it('gives back what was written, and writes it to safetensors and back to the same bytes', async () => {
    const bytes = await encodeTorch(SAMPLE);
    const { format, tensors } = await readCheckpoint(bytes, 'a.pt');
    expect(format).toBe('torch-zip');
    expect([...tensors].map(([name, { shape, data }]) => [name, shape, [...data]])).toEqual([
      ['weight', [2, 3], [1, 2, 3, 4, 5, 6]],
      ['bias', [2], [7, -0]],
      ['none', [0, 3], []],
    ]);
    const there = await encodeStored((await openCheckpoint(bytes, 'a.pt')).tensors);
    const back = await encodeTorch((await openCheckpoint(there, 'a.safetensors')).tensors);
    expect(back).toEqual(bytes);
  });

  it('keeps what weights say of themselves in a record beside the tensors', async () => {
    const metadata = { model: 'spotr', contract: '{"µ":1}' };
    const bytes = await encodeTorch(SAMPLE, metadata);
    const checkpoint = await openCheckpoint(bytes, 'a.pt');
    expect(checkpoint.metadata).toEqual(metadata);
    expect(checkpoint.tensors).toHaveLength(3);
    expect((await openCheckpoint(await encodeTorch(SAMPLE), 'a.pt')).metadata).toEqual({});
    for (const wrong of [{ model: 7 }, ['text'], { model: null }])
      await expect(
        openCheckpoint(await encodeTorch(SAMPLE, wrong as unknown as Record<string, string>), 'a.pt'),
      ).rejects.toThrow(/a\.pt.*a record "spotr\.json" that holds no texts/);
  });

  it('writes the bytes that PyTorch 2.13 was seen to load with weights_only=True', async () => {
    const bytes = await encodeTorch(SAMPLE);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      '5b65978d68d336e91057a9ca31bd87142d06f756443d1303878106537d32b777',
    );
  });

  it('reads views with strides, offsets and no stride', async () => {
    const read = async (...view: readonly (string | number)[]) => [
      ...((await readCheckpoint(await archiveOf(tensor(...view)), 'v.pt')).tensors.get('w')?.data ?? []),
    ];
    expect(await read('K', 0, '(K', 3, 'K', 4, 't(K', 4, 'K', 1, 't')).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    ]);
    expect(await read('K', 1, '(K', 2, 'K', 3, 't(K', 1, 'K', 4, 't')).toEqual([1, 5, 9, 2, 6, 10]);
    expect(await read('K', 11, '(K', 3, 't(K', 0, 't')).toEqual([11, 11, 11]);
    expect(await read('K', 5, '))')).toEqual([5]);
  });

  it.each([
    [
      'a name that is none of ours',
      pickle(0x80, 2, 'cposix\nsystem\nX', 4, 0, 0, 0, 'true', 0x85, 'R.'),
      'forbidden',
      /posix\.system/,
    ],
    ['a name that is never used', pickle(0x80, 2, 'cos\nsystem\n', '0}.'), 'forbidden', /os\.system/],
    [
      'a storage type for a function',
      pickle(0x80, 2, 'ctorch\nFloatStorage\n)R.'),
      'forbidden',
      /FloatStorage/,
    ],
    [
      'an object of any class',
      pickle(0x80, 2, 'ccollections\nOrderedDict\n)', 0x81, '.'),
      'forbidden',
      /NEWOBJ/,
    ],
    [
      'a state with more than metadata',
      pickle(0x80, 2, ...DICT, '}X', 1, 0, 0, 0, 'aK', 1, 'sb.'),
      'forbidden',
      /state/,
    ],
    [
      'a view beyond its storage',
      tensor('K', 0, '(K', 3, 'K', 5, 't(K', 5, 'K', 1, 't'),
      'out-of-bounds',
      /storage of 12/,
    ],
    ['a view that begins behind it', tensor('K', 13, '(K', 0, 't(K', 1, 't'), 'out-of-bounds', /offset 13/],
    ['a negative stride', tensor('K', 11, '(K', 2, 't(J', 255, 255, 255, 255, 't'), 'out-of-bounds', /-1/],
    [
      'a view of 4 GiB of one number',
      tensor('K', 0, '(J', 0, 0, 0, 64, 't(K', 0, 't'),
      'too-large',
      /unfold/,
    ],
    [
      'sizes whose product overflows',
      tensor('K', 0, '(J', 0, 0, 0, 64, 'J', 0, 0, 0, 64, 't(K', 0, 'K', 0, 't'),
      'out-of-bounds',
      /leaves/,
    ],
    [
      'a text that is longer than the file',
      pickle(0x80, 2, 'X', 255, 255, 0, 0, 'a.'),
      'truncated',
      /pickle ends/,
    ],
    [
      'a dict in itself',
      pickle(0x80, 2, '}q', 0, 'X', 1, 0, 0, 0, 'ah', 0, 's.'),
      'unusable',
      /no state dict/,
    ],
    [
      'ten thousand nested tuples',
      pickle(0x80, 2, ')', ...Array.from({ length: 10_000 }, () => 0x85), '.'),
      'too-large',
      /deeper/,
    ],
    [
      'ten thousand nested lists',
      pickle(0x80, 2, ']'.repeat(10_000), 'a'.repeat(9_999), '.'),
      'too-large',
      /deeper/,
    ],
    [
      'the same key twice',
      pickle(0x80, 2, '}X', 1, 0, 0, 0, 'aK', 1, 'sX', 1, 0, 0, 0, 'aK', 2, 's.'),
      'damaged',
      /twice/,
    ],
    ['a later protocol', pickle(0x80, 5, '}.'), 'unsupported', /protocol 5/],
    ['bytes after the pickle', pickle(0x80, 2, '}.', '}.'), 'damaged', /after the end/],
  ])('refuses %s', async (_, data, reason, message) => {
    const reading = readCheckpoint(await archiveOf(data), 'bad.pt');
    await expect(reading).rejects.toThrow(CheckpointError);
    await expect(reading).rejects.toMatchObject({ reason, file: 'bad.pt', offset: expect.any(Number) });
    await expect(reading).rejects.toThrow(message);
  });

  it('finds the model in a training state, and does not guess between two', async () => {
    const one = [
      'X',
      1,
      0,
      0,
      0,
      'w',
      ...REBUILD,
      'K',
      0,
      '(K',
      12,
      't(K',
      1,
      't',
      0x89,
      ...DICT,
      'tR',
    ] as const;
    const dict = ['}', ...one, 's'] as const;
    const state = pickle(
      0x80,
      2,
      '}(X',
      5,
      0,
      0,
      0,
      'epochK',
      3,
      'X',
      5,
      0,
      0,
      0,
      'model',
      ...dict,
      'X',
      9,
      0,
      0,
      0,
      'optimizer',
      ...dict,
      'u.',
    );
    const { tensors, path } = await openCheckpoint(await archiveOf(state), 'state.pt');
    expect([tensors.map(({ name }) => name), path]).toEqual([['w'], ['model']]);
    const two = pickle(0x80, 2, '}(X', 1, 0, 0, 0, 'a', ...dict, 'X', 1, 0, 0, 0, 'b', ...dict, 'u.');
    await expect(openCheckpoint(await archiveOf(two), 'two.pt')).rejects.toThrow(
      /several state dicts \(a, b\)/,
    );
  });

  it('ends every damaged file in a CheckpointError, or gives its true numbers', async () => {
    const whole = await encodeTorch(SAMPLE);
    const truth = (await readCheckpoint(whole, 'whole.pt')).tensors;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.oneof(fc.constant(whole.length), fc.nat(whole.length)),
        async (flips, length) => {
          const bytes = whole.slice(0, length);
          for (const [at, value] of flips) if (at < length) bytes[at] = value;
          const read = await readCheckpoint(bytes, 'torn.pt').catch((error: unknown) => error);
          if (read instanceof Error) expect(read).toBeInstanceOf(CheckpointError);
          else expect(read).toMatchObject({ tensors: truth });
        },
      ),
      { numRuns: runs(1500), seed: 11 },
    );
  });
});
