import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CommandError } from '../../cli/common/errors.ts';
import { fileError, readText, removeIfEmpty, requireRoom, writeAll } from '../../cli/common/files.ts';
import { decodeFile, LONGEST_TEXT } from '../../data/index.ts';
import { notTested } from '../support/not-tested.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-files-'));
});
afterAll(() => rmSync(home, { recursive: true }));

it.each([
  ['ENOSPC', /^"a\.bin" cannot be written \(the disk is full\); make room, and run the command again\.$/],
  ['EDQUOT', /your quota on this disk is used up\); make room/],
  ['EFBIG', /larger than the limit .* \(ulimit -f\) .*\); raise the limit \(ulimit -f unlimited\), or/],
  ['EACCES', /^"a\.bin" cannot be written \(EACCES: no\)\.$/],
])('says why a file cannot be written: %s', (code, message) => {
  const refused = Object.assign(new Error(`${code}: no, write 'a.bin'`), { code });
  const error = fileError('a.bin', 'written', refused);
  expect(error).toBeInstanceOf(CommandError);
  expect((error as Error).message).toMatch(message);
  expect((error as Error).cause).toBe(refused);
  const other = new Error('another');
  expect(fileError('a.bin', 'written', other)).toBe(other);
});

it('reads no text that is longer than a string can be', () => {
  const path = join(home, 'long.txt');
  writeFileSync(path, 'x');
  expect(readText(path)).toBe('x');
  truncateSync(path, LONGEST_TEXT + 1);
  expect(() => readText(path)).toThrow(
    /"[^"]*long\.txt" has 536869889 bytes, and .* at most 536869888 are read/,
  );
  expect(() => decodeFile(new Uint8Array(LONGEST_TEXT + 1))).toThrow(/has 536869889 bytes, and at most/);
  rmSync(path);
});

const hasLimit = process.platform !== 'win32';
if (!hasLimit) notTested('a file that grows beyond ulimit -f', 'Windows has no such limit');

it.runIf(hasLimit)('leaves what was there where a file grows beyond ulimit -f', () => {
  const target = join(home, 'kept.bin');
  writeFileSync(target, 'before');
  const script = `import { writeAtomically } from '${resolve('cli/common/files.ts')}';
try { writeAtomically('${target}', new Uint8Array(100_000)); } catch (error) { process.stdout.write(error.message); }`;
  // 8 blocks of 512 or 1,024 bytes; without the signal's default, which would end the process.
  const limited = `trap '' XFSZ; ulimit -f 8; exec "$0" "$@"`;
  const { stdout, stderr } = spawnSync(
    'sh',
    ['-c', limited, process.execPath, '--import', 'tsx', '--input-type=module', '-e', script],
    { encoding: 'utf8', env: { ...process.env, TSX_DISABLE_CACHE: '1' } },
  );
  expect(stdout, stderr).toMatch(/kept\.bin.* cannot be written \(it would be larger than .*ulimit -f/);
  expect(readFileSync(target, 'utf8')).toBe('before');
});

it('writes on where the system takes fewer bytes at once', async () => {
  const path = join(home, 'short.bin');
  const handle = await open(path, 'w+');
  const some = {
    write: (bytes: Uint8Array, from: number, count: number, at: number) =>
      handle.write(bytes, from, Math.min(count, 3), at),
  } as FileHandle;
  await writeAll(
    some,
    Uint8Array.from({ length: 10 }, (_, i) => i + 1),
    2,
  );
  await handle.close();
  expect([...readFileSync(path)]).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

it('names what a disk lacks room for before a byte is written', () => {
  expect(() => requireRoom(home, 1, 'will be fetched', 'go elsewhere')).not.toThrow();
  expect(() => requireRoom(home, 2 ** 60, 'will be fetched', 'go elsewhere')).toThrow(
    /has room for [\d.]+ \w+, but .* will be fetched; make room, or go elsewhere\./,
  );
});

it('removes a folder only where nothing is in it', () => {
  const folder = join(home, 'folder');
  removeIfEmpty(folder);
  mkdirSync(folder);
  writeFileSync(join(folder, 'a'), '');
  removeIfEmpty(folder);
  expect(existsSync(join(folder, 'a'))).toBe(true);
  rmSync(join(folder, 'a'));
  removeIfEmpty(folder);
  expect(existsSync(folder)).toBe(false);
});
