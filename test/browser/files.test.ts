import { gzipSync } from 'node:zlib';
import * as h5wasm from 'h5wasm';
import { expect, it } from 'vitest';
import { matBytes, npyBytes, zipBytes } from '../data/array-writers.ts';
import { runInBrowser } from './launch.ts';

it('reads arrays, HDF5 and compressed tables in the browser, on its main thread', async () => {
  const values = Array.from({ length: 6000 }, (_, i) => i % 5000);
  const npy = npyBytes({ kind: 'int16', shape: [2, 3000], values });
  await h5wasm.ready;
  const file = new h5wasm.File('browser.h5', 'w');
  file.create_dataset({
    name: 'x',
    data: Int16Array.from(values),
    shape: [2, 3000],
    chunks: [1, 500],
    compression: 4,
  });
  file.close();
  const files: Record<string, Uint8Array> = {
    'a.npy': npy,
    'a.npz': zipBytes({ 'x.npy': npy }, true),
    'a.mat': matBytes([{ name: 'x', shape: [3000, 2], values, kind: 'int16' }], true),
    'a.h5': (h5wasm.FS as unknown as { readFile(path: string): Uint8Array }).readFile('browser.h5'),
    'sub-1_physio.tsv.gz': gzipSync(values.join('\n')),
    'sub-1_physio.json': new TextEncoder().encode('{"Columns": ["cardiac"], "SamplingFrequency": 100}'),
    'cut.h5': Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a),
  };
  const encoded = Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]);
  const read = await runInBrowser<Record<string, unknown>>(
    'test/browser/modules/read-files.ts',
    Object.fromEntries(encoded),
  );
  const last = values.slice(-3);
  expect(read).toEqual({
    'a.npy': last,
    'a.npz': last,
    'a.mat': last,
    'a.h5': last,
    'sub-1_physio.tsv.gz': last,
    'sub-1_physio.json': expect.stringMatching(/not of a format/),
    'cut.h5': expect.stringMatching(/^cut\.h5: cannot be read at its superblock/),
  });
});
