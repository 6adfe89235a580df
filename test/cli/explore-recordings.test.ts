import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readEmbeddings } from '../../cli/common/embeddings/read.ts';
import { SIGNAL_OPTIONS, writeSignals } from '../support/signals.ts';
import { spotr } from '../support/spotr-command.ts';

let home: string;
let before: string;
const at = (...names: string[]) => join(home, ...names);
const READ = [...SIGNAL_OPTIONS, '--window', '1'] as const;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-explore-recordings-'));
  mkdirSync(at('private'));
  writeSignals(at('private', 'night.npy'), { seconds: 20 });
  before = process.cwd();
  process.chdir(home);
});
afterAll(() => {
  process.chdir(before);
  rmSync(home, { recursive: true });
});

const explore = (...argv: string[]) => spotr('explore', '--umap', '0', ...argv);

it('embeds recordings first, once, and maps their vectors', async () => {
  const { code, out, err } = await explore('private/night.npy', ...READ);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  // Beside nobody's recordings.
  expect(existsSync(at('private', 'night.html'))).toBe(false);
  expect(readFileSync(at('night.html'), 'utf8')).toContain('20 windows of 1 recording, 64 values each');
  expect(out.replace(/\s+/g, ' ')).toContain('bundled:tiny is used');
  expect(out.replace(/\s+/g, ' ')).toContain(
    'the map is written to night.html, its embeddings to night.parquet (choose another place with --out FILE.html)',
  );
  const inspected = await spotr('inspect', 'night.parquet');
  expect(inspected.code).toBe(0);
  expect(inspected.out).toMatch(/windows\s+20 windows of 64 values, from 1 file\n/);
  expect(inspected.out).toMatch(/recordings\s+1\n/);
  expect(inspected.out).toMatch(/bundled:tiny/);

  const reference = await spotr('embed', 'private/night.npy', ...READ, '--out', 'reference.parquet');
  expect(reference.code).toBe(0);
  const [own, alone] = [
    await readEmbeddings([at('night.parquet')]),
    await readEmbeddings([at('reference.parquet')]),
  ];
  expect(own.vectors).toEqual(alone.vectors);
  expect(new Set(own.vectors).size).toBeGreaterThan(own.count);

  const { mtimeMs } = statSync(at('night.parquet'));
  const again = await explore('private/night.npy', ...READ, '--overwrite', '--neighbours', '4');
  expect(again.code).toBe(0);
  expect(again.out).toContain('night.parquet already exists, of the same run');
  expect(statSync(at('night.parquet')).mtimeMs).toBe(mtimeMs);

  const other = [...SIGNAL_OPTIONS, '--window', '2'] as const;
  rmSync(at('night.html'));
  const refused = await explore('private/night.npy', ...other);
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/night\.parquet already exists, of another run.*window/s);
  expect(existsSync(at('night.html'))).toBe(false);
  expect((await explore('private/night.npy', ...other, '--overwrite', '--quiet')).code).toBe(0);
  expect((await readEmbeddings([at('night.parquet')])).count).toBe(10);
});

it('tells recordings from embeddings, and refuses what goes with neither', async () => {
  writeFileSync(at('e.parquet'), '');
  mkdirSync(at('parts'));
  writeFileSync(at('parts', 'part-1.parquet'), '');
  const mixed = await explore('e.parquet', 'private/night.npy');
  expect(mixed.code).toBe(2);
  expect(mixed.err).toContain('"e.parquet" holds embeddings and "private/night.npy" does not');
  for (const path of ['e.parquet', 'parts']) {
    const useless = await explore(path, '--weights', 'bundled:tiny');
    expect(useless.code).toBe(2);
    expect(useless.err).toContain(`--weights is for recordings, but "${path}" holds embeddings already`);
  }
  mkdirSync(at('empty'));
  const empty = await explore('empty');
  expect(empty.code).toBe(1);
  expect(empty.err).toMatch(/empty/);
  expect((await explore()).err).toMatch(/needs embeddings .* or recordings/);
  expect((await explore('synthetic:eyes', '--out', 'map.txt')).err).toMatch(/must end in \.html/);
});
