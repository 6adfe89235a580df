/** Folders with entries that cannot be read: they are named, and the others are read. */
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scan } from '../../data/dataset/scan.ts';
import { openPaths } from '../../data/open-node.ts';
import { nodeFileSource } from '../../data/source/file-node.ts';
import { walk } from '../../data/walk-node.ts';
import { loadWindows } from '../../data/windows/load.ts';
import { notTested } from '../support/not-tested.ts';
import { edfBytes } from './writers.ts';

const wave = (seed: number) =>
  Array.from({ length: 1600 }, (_, i) => Math.round(900 * Math.sin(i / 9 + Math.sin(i + seed))));
const edfOf = (seed: number) =>
  edfBytes({
    records: 8,
    signals: [{ label: 'EEG Cz', unit: 'uV', perRecord: 200, values: wave(seed) }],
  });

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'spotr-walk-'));
});
// Node's own way fails where paths are too long.
afterAll(() => void execFileSync('rm', ['-rf', root]));

async function folderOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(root, 'case-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

async function look(folder: string) {
  const { recordings, skipped } = await openPaths([folder]);
  const short = (path: string) => path.slice(folder.length + 1);
  return {
    read: recordings.map(({ name }) => short(name)),
    passed: Object.fromEntries(
      skipped.map(({ path, reason }) => [short(path), reason.replaceAll(`${folder}/`, '')]),
    ),
  };
}

describe('a folder with an entry that cannot be read', () => {
  it('is read but for links to nothing, to themselves and in a circle', async () => {
    const folder = await folderOf({ 'ok.edf': edfOf(1) });
    await symlink('../.git/annex/objects/x/x.edf', join(folder, 'annexed.edf'));
    await symlink('itself.edf', join(folder, 'itself.edf'));
    await symlink('b.edf', join(folder, 'a.edf'));
    await symlink('a.edf', join(folder, 'b.edf'));
    expect(await look(folder)).toEqual({
      read: ['ok.edf'],
      passed: {
        'annexed.edf': 'is a link to what is not there. Fetch what it leads to, or remove it.',
        'itself.edf': 'itself.edf: is a link that leads back to itself. Remove it.',
        'a.edf': 'a.edf: is a link that leads back to itself. Remove it.',
        'b.edf': 'b.edf: is a link that leads back to itself. Remove it.',
      },
    });
  });

  it('is read but for names that are not UTF-8, which are shown with their bytes', async () => {
    const folder = await folderOf({ 'ok.edf': edfOf(1) });
    await writeFile(Buffer.from(`${folder}/M\xfcller.edf`, 'latin1'), edfOf(2));
    await mkdir(Buffer.from(`${folder}/f\xe9`, 'latin1'));
    const { read, passed } = await look(folder);
    expect(read).toEqual(['ok.edf']);
    expect(Object.keys(passed).sort()).toEqual(['M\\xfcller.edf', 'f\\xe9']);
    expect(passed['M\\xfcller.edf']).toMatch(/not UTF-8/);
  });

  it('is read but for FIFOs, sockets and devices, none of which is opened', async () => {
    const folder = await folderOf({ 'ok.edf': edfOf(1) });
    // Opening one without a writer would never come back.
    for (const name of ['pipe.edf', 'pipe.hea', 'pipe.unknown']) execFileSync('mkfifo', [join(folder, name)]);
    const server = createServer().listen(join(folder, 'talk.edf'));
    await new Promise((resolve) => server.once('listening', resolve));
    await symlink('/dev/zero', join(folder, 'zero.edf'));
    try {
      const { read, passed } = await look(folder);
      expect(read).toEqual(['ok.edf']);
      for (const name of ['pipe.edf', 'pipe.hea', 'pipe.unknown'])
        expect(passed[name]).toBe('is a FIFO, not a file');
      expect(passed['talk.edf']).toBe('is a socket, not a file');
      expect(passed['zero.edf']).toBe('is a device, not a file');
      await expect(nodeFileSource(join(folder, 'pipe.edf'))).rejects.toThrow(/is a FIFO/);
      await expect(nodeFileSource(folder)).rejects.toThrow(/is a folder/);
      // Files named themselves look at what lies beside them.
      await expect(openPaths([join(folder, 'pipe.edf')])).rejects.toThrow(/is a FIFO/);
      expect((await openPaths([join(folder, 'ok.edf')])).recordings).toHaveLength(1);
    } finally {
      server.close();
    }
  });

  it('is read but for empty files, folders called like files, and paths that are too long', async () => {
    const folder = await folderOf({ 'ok.edf': edfOf(1), 'folder.edf/inside.edf': edfOf(2) });
    for (const ending of ['edf', 'hea', 'vhdr', 'csv', 'txt', 'npy', 'npz', 'mat', 'h5', 'arff', 'tsv.gz'])
      await writeFile(join(folder, `empty.${ending}`), '');
    const { read, passed } = await look(folder);
    expect(read).toEqual(['folder.edf/inside.edf', 'ok.edf']);
    expect(Object.keys(passed)).toHaveLength(11);
    // A path may have 4096 bytes: the name that makes it longer is given from inside.
    let deep = folder;
    while (deep.length < 3880) deep = join(deep, 'n'.repeat(200));
    await mkdir(deep, { recursive: true });
    execFileSync('sh', ['-c', ': > "$0.edf"', 'n'.repeat(240)], { cwd: deep });
    const after = await look(folder);
    expect(after.read).toEqual(read);
    expect(Object.values(after.passed).some((reason) => /path that is too long/.test(reason))).toBe(true);
  });

  it('is read but for files and folders without permission', async () => {
    const folder = await folderOf({ 'ok.edf': edfOf(1), 'secret.edf': edfOf(2), 'closed/a.edf': edfOf(3) });
    await chmod(root, 0o755);
    await chmod(folder, 0o755);
    await chmod(join(folder, 'secret.edf'), 0);
    await chmod(join(folder, 'closed'), 0);
    // Loads what opening needs while this is still allowed.
    await openPaths([join(folder, 'ok.edf')]);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      const isDenied = await nodeFileSource(join(folder, 'secret.edf'))
        .then(async ({ read }) => read(0, 1))
        .then(
          () => false,
          () => true,
        );
      if (!isDenied) {
        notTested('entries without permission', 'this system lets its tests read them');
        return;
      }
      const { read, passed } = await look(folder);
      expect(read).toEqual(['ok.edf']);
      expect(passed).toEqual({
        'secret.edf': 'secret.edf: cannot be read: permission is denied. Allow it (chmod), or leave it out.',
        closed: `closed: cannot be read: permission is denied. Allow it (chmod), or leave it out.`,
      });
      await expect(openPaths([join(folder, 'closed')])).rejects.toThrow(
        /no recording was found\. Passed over one file: .*closed: cannot be read: permission is denied/,
      );
    } finally {
      if (isRoot) process.seteuid?.(0);
      await chmod(join(folder, 'closed'), 0o755);
    }
  });

  it('is read but for files that vanish or shrink after they were found', async () => {
    const folder = await folderOf({ 'a.edf': edfOf(1), 'gone.edf': edfOf(2), 'z.edf': edfOf(3) });
    const { entries } = await walk(folder);
    await unlink(join(folder, 'gone.edf'));
    const { openFiles } = await import('../../data/open.ts');
    const vanished = await openFiles(entries);
    expect(vanished.recordings).toHaveLength(2);
    expect(vanished.skipped[0]?.reason).toMatch(/gone\.edf: is not there any more/);
    // After it was opened: scan and windows go on with the others.
    await rename(join(folder, 'a.edf'), join(folder, 'moved'));
    const manifest = await scan(vanished);
    expect(manifest.entries.map(({ path }) => path.slice(folder.length + 1))).toEqual(['z.edf']);
    expect(manifest.skipped.some(({ skipped }) => skipped.startsWith('is not there any more'))).toBe(true);
    const windows = await loadWindows(vanished.recordings, { seconds: 2, mains: 'auto' });
    expect(windows.recordings.map(({ name }) => name.slice(folder.length + 1))).toEqual(['z.edf']);
    expect(windows.skipped[0]?.reason).toMatch(/^is not there any more/);
  });
});

describe('links', () => {
  it('to folders are followed once, whatever leads where', async () => {
    const outside = await folderOf({ 'o.edf': edfOf(1), 'deep/p.edf': edfOf(2) });
    const folder = await folderOf({ 'real/r.edf': edfOf(3) });
    await symlink('real', join(folder, 'again'));
    await symlink(outside, join(folder, 'away'));
    await symlink(outside, join(folder, 'away2'));
    await symlink(join(outside, 'deep'), join(folder, 'abyss'));
    await symlink('..', join(folder, 'real', 'up'));
    await symlink(root, join(folder, 'real', 'above'));
    await symlink('.', join(folder, 'self'));
    // A circle through the outside.
    await symlink(folder, join(outside, 'back'));
    await symlink('..', join(outside, 'deep', 'parent'));
    const { read, passed } = await look(folder);
    expect(read).toEqual(['abyss/p.edf', 'away/o.edf', 'real/r.edf']);
    expect(passed).toEqual({
      'abyss/parent': 'is a link to away, which is read there',
      again: 'is a link to real, which is read there',
      'away/back': expect.stringMatching(/^is a link to .*, which is read there$/),
      'away/deep': 'is the same folder as abyss, which a link leads to',
      away2: 'is a link to away, which is read there',
      'real/above': 'is a link to a folder that it lies in',
      'real/up': expect.stringMatching(/^is a link to .*, which is read there$/),
      self: expect.stringMatching(/^is a link to .*, which is read there$/),
    });
    // What lies beside a folder that was linked to was not asked for.
    const alone = await folderOf({});
    await symlink(join(outside, 'deep'), join(alone, 'abyss'));
    expect(await look(alone)).toEqual({
      read: ['abyss/p.edf'],
      passed: { 'abyss/parent': 'is a link to a folder that it lies in' },
    });
  });

  it('to a file make one recording of it, and a link to a file elsewhere is read', async () => {
    const outside = await folderOf({ 'o.edf': edfOf(1) });
    const folder = await folderOf({ 'real.edf': edfOf(3) });
    await symlink('real.edf', join(folder, 'copy.edf'));
    await symlink(join(outside, 'o.edf'), join(folder, 'one.edf'));
    await symlink(join(outside, 'o.edf'), join(folder, 'two.edf'));
    expect(await look(folder)).toEqual({
      read: ['one.edf', 'real.edf'],
      passed: {
        'copy.edf': 'holds the same samples as real.edf',
        'two.edf': 'holds the same samples as one.edf',
      },
    });
  });

  it('of folders that are given with one another give each recording once', async () => {
    const folder = await folderOf({ 'a/r.edf': edfOf(3), 'a/notes.md': 'x', 's.edf': edfOf(4) });
    const [a, r] = [join(folder, 'a'), join(folder, 'a', 'r.edf')];
    await symlink(a, join(root, 'same'));
    for (const paths of [
      [folder, a],
      [a, folder],
      [r, folder, r],
      [join(root, 'same'), folder],
    ]) {
      const { recordings, skipped } = await openPaths(paths);
      expect(recordings.length, paths.join()).toBe(2);
      expect(skipped.filter(({ path }) => path === join(a, 'notes.md')).length).toBe(1);
    }
  });

  it('to the folder itself make no difference', async () => {
    const folder = await folderOf({ 'r.edf': edfOf(3) });
    await symlink(folder, join(root, 'linked'));
    expect(await look(join(root, 'linked'))).toEqual({ read: ['r.edf'], passed: {} });
  });
});
