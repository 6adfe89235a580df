import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CommandError } from '../../cli/errors.ts';
import { fileError, readText } from '../../cli/files.ts';
import { decodeFile, LONGEST_TEXT } from '../../data/index.ts';
import { notTested } from '../support/not-tested.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-files-'));
});
afterAll(() => rmSync(home, { recursive: true }));

it.each([
  ['ENOSPC', /^"a\.bin" cannot be written \(the disk is full\)\.$/],
  ['EDQUOT', /your quota on this disk is used up/],
  ['EFBIG', /larger than the limit on files that this process has \(ulimit -f\)/],
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
  const script = `import { writeAtomically } from '${resolve('cli/files.ts')}';
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
