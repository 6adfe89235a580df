import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { edfBytes } from '../data/writers.ts';
import { PROGRAM } from '../support/spotr-process.ts';
import { architecture } from './architecture.ts';
import { importsOf, ROOT, sourceFiles } from './imports.ts';
import { housePicture, ROOMS, type Room, reduced, roomEdges } from './picture.ts';
import { WALKS, type Walk } from './walks.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

it('has the pictures and tables that the sources give; `npm run architecture` draws them anew', () => {
  const { files, page } = architecture(read('docs/architecture.md'));
  expect(page).toBe(read('docs/architecture.md'));
  for (const [name, text] of Object.entries(files)) expect(text === read(name), name).toBe(true);
});

it('draws an import between two rooms, and leaves out what a longer way says', () => {
  const imports = [
    { from: 'cli/a.ts', to: 'workflows/b.ts' },
    { from: 'cli/a.ts', to: 'workflows/c.ts' },
    { from: 'workflows/b.ts', to: 'model/d.ts' },
    { from: 'cli/a.ts', to: 'model/d.ts' },
    { from: 'test/a.ts', to: 'cli/a.ts' },
    { from: 'cli/a.ts', to: 'node:fs' },
  ];
  expect(reduced(roomEdges(imports)).map(({ from, to }) => `${from} ${to}`)).toEqual([
    'cli workflows',
    'workflows model',
    'engine shaders',
  ]);
  expect(housePicture(imports)).toContain(
    'cli imports workflows, workflows imports model, engine imports shaders.',
  );
});

it('draws every arrow from one floor down to the next', () => {
  const of = (name: string) => ROOMS.find(({ room }) => room === name) as Room;
  for (const { from, to } of reduced(roomEdges(importsOf(sourceFiles()))))
    expect(of(to).floors[0] - of(from).floors[1], `${from} ${to}`).toBe(1);
});

describe('the ways through the code', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spotr-walk-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const rate = 200;
  const signal = (channel: number) =>
    Int16Array.from(
      { length: 60 * rate },
      (_, i) => 400 * Math.sin(i / 9) + 300 * Math.sin(i / (31 + channel)),
    );
  const signals = ['C3', 'C4'].map((label, i) => ({ label, unit: 'uV', perRecord: rate, values: signal(i) }));
  const recording = join(folder, 'night.edf');
  writeFileSync(recording, edfBytes({ signals, records: 60 }));

  const commands: Record<string, readonly string[]> = {
    'training-step': [
      'pretrain',
      recording,
      '--steps',
      '1',
      '--modality',
      'eeg',
      '--out',
      join(folder, 'run'),
    ],
    'embedded-window': ['embed', recording, '--out', join(folder, 'E.npy')],
  };

  it.each(WALKS.map((walk) => [walk.name, walk] as const))(
    '%s calls what its stations name',
    (name, walk) => {
      const coverage = join(folder, `${name}-coverage`);
      const env = { ...process.env, NODE_V8_COVERAGE: coverage };
      const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...(commands[name] as string[])], {
        env,
        encoding: 'utf8',
      });
      expect(status, stderr).toBe(0);
      expect(notCalled(walk, coverage)).toEqual([]);
    },
  );
});

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly functionName: string;
      readonly ranges: readonly { readonly count: number }[];
    }[];
  }[];
}

/** Stations of which nothing ran; of kernels those that have no such entry point. */
function notCalled({ stations }: Walk, folder: string): string[] {
  const called = new Set<string>();
  for (const name of readdirSync(folder)) {
    const { result } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Coverage;
    for (const { url, functions } of result)
      for (const { functionName, ranges } of functions)
        if (url.startsWith('file:') && ranges.some(({ count }) => count > 0))
          called.add(`${fileURLToPath(url)} ${functionName}`);
  }
  return stations.flatMap(({ file, calls }) => {
    const ran = file.endsWith('.wgsl')
      ? new RegExp(`@compute[^{]*fn ${calls}\\(`).test(read(file))
      : called.has(`${join(ROOT, file)} ${calls}`);
    return ran ? [] : [`${file} ${calls}`];
  });
}
