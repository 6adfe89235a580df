import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cachedFolder, extractTar } from '../../engine/platform/cache-node.ts';

let scratch: string;
const cacheHome = process.env.XDG_CACHE_HOME;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'spotr-test-'));
  process.env.XDG_CACHE_HOME = scratch;
});

afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
});

describe('cachedFolder', () => {
  it('fills a folder once', () => {
    const fill = (folder: string) => writeFileSync(join(folder, 'a'), 'first');
    const folder = cachedFolder('thing-1', fill);
    expect(folder).toBe(join(scratch, 'spotr', 'thing-1'));
    const again = cachedFolder('thing-1', () => expect.unreachable('it already exists'));
    expect(readFileSync(join(again, 'a'), 'utf8')).toBe('first');
  });

  it('takes the folder of a process that was faster, and leaves no draft behind', () => {
    const folder = cachedFolder('thing-2', (draft) => {
      writeFileSync(join(draft, 'a'), 'slow');
      cachedFolder('thing-2', (faster) => writeFileSync(join(faster, 'a'), 'fast'));
    });
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('fast');
    expect(readdirSync(join(scratch, 'spotr'))).toEqual(['thing-2']);
  });

  it('keeps nothing of a fill that failed, and says what was tried', () => {
    const fail = () => {
      throw new Error('disk is full');
    };
    expect(() => cachedFolder('thing-3', fail)).toThrow(/cannot keep thing-3 .*disk is full.*XDG_CACHE_HOME/);
    expect(readdirSync(join(scratch, 'spotr'))).toEqual([]);
  });

  it('falls back to the temporary files where the cache cannot be written', () => {
    writeFileSync(join(scratch, 'file'), '');
    process.env.XDG_CACHE_HOME = join(scratch, 'file', 'below');
    const name = `thing-${process.pid}`;
    const folder = cachedFolder(name, (draft) => writeFileSync(join(draft, 'a'), 'kept'));
    try {
      expect(folder.startsWith(tmpdir())).toBe(true);
      expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('kept');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('comes back from a file system that makes no folders', async () => {
    // In a process of its own, because making folders there in one go never returns.
    const module = JSON.stringify(new URL('../../engine/platform/cache-node.ts', import.meta.url));
    const name = `thing-closed-${process.pid}`;
    const code = `import(${module}).then(({ cachedFolder }) => console.log(cachedFolder('${name}', () => {})))`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', '-e', code], {
      env: { ...process.env, XDG_CACHE_HOME: '/proc/spotr/below' },
      timeout: 600_000,
    });
    expect(stdout.trim().startsWith(tmpdir())).toBe(true);
    rmSync(stdout.trim(), { recursive: true });
  });
});

describe('extractTar', () => {
  it('writes files and folders with their bytes and modes', () => {
    const bytes = Uint8Array.from({ length: 1300 }, (_, i) => i % 251);
    extractTar(
      tar(['lib/', '5', new Uint8Array()], ['lib/x.so', '0', bytes], ['empty', '0', new Uint8Array()]),
      scratch,
    );
    expect(new Uint8Array(readFileSync(join(scratch, 'lib/x.so')))).toEqual(bytes);
    expect(readFileSync(join(scratch, 'empty')).length).toBe(0);
  });

  it('refuses what it does not know and what would leave the folder', () => {
    const none = new Uint8Array();
    expect(() => extractTar(tar(['link', '2', none]), scratch)).toThrow("tar entry 'link' is of kind '2'");
    expect(() => extractTar(tar(['../out', '0', none]), scratch)).toThrow("tar entry '../out' is damaged");
    expect(() => extractTar(tar(['/out', '0', none]), scratch)).toThrow("tar entry '/out' is damaged");
  });
});

describe('a fresh process with an empty cache', () => {
  it('opens an adapter, computes and ends by itself, also when two start together', async () => {
    const script = fileURLToPath(new URL('open-once.ts', import.meta.url));
    // As a person's first start: no driver named, an empty cache.
    const {
      VK_ICD_FILENAMES: _icd,
      VK_DRIVER_FILES: _drivers,
      SPOTR_ADAPTER: _adapter,
      ...env
    } = process.env;
    const start = () =>
      promisify(execFile)(process.execPath, ['--import', 'tsx', script], { env, timeout: 600_000 });
    const outputs = await Promise.all([start(), start()]);
    for (const { stdout } of outputs) expect(JSON.parse(stdout)).toMatchObject({ sum: 42 });
    const packaged = process.platform === 'linux' && process.arch === 'x64';
    expect(existsSync(join(scratch, 'spotr'))).toBe(packaged);
  });
});

type Entry = [name: string, type: string, bytes: Uint8Array];

/** A tar archive by the ustar layout: header blocks of 512 bytes, numbers in octal, two empty blocks at the end. */
function tar(...entries: Entry[]): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const [name, type, bytes] of entries) {
    const header = new Uint8Array(512);
    const put = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
    put(0, name);
    put(100, '0000644\0');
    put(124, `${bytes.length.toString(8).padStart(11, '0')}\0`);
    put(156, type);
    put(257, 'ustar\0');
    const body = new Uint8Array(Math.ceil(bytes.length / 512) * 512);
    body.set(bytes);
    blocks.push(header, body);
  }
  blocks.push(new Uint8Array(1024));
  return new Uint8Array(Buffer.concat(blocks));
}
