import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { waitForLock } from '../../../cli/common/turn.ts';
import { WeightsCache } from '../../../cli/common/weights/cache.ts';
import { resolveWeights } from '../../../cli/common/weights/resolve.ts';
import { sha256Of } from '../../support/hub-server.ts';
import { spotr } from '../../support/spotr-command.ts';
import { COMMIT, REPO, withHub } from './fixture.ts';

/** What happens where a file is opened to be read in pieces. */
const reading = vi.hoisted((): { fails?: ((path: string) => void) | undefined } => ({}));
vi.mock('node:fs', async (load) => {
  const fs = await load<typeof import('node:fs')>();
  const createReadStream: typeof fs.createReadStream = (path, options) => {
    reading.fails?.(String(path));
    return fs.createReadStream(path, options);
  };
  return { ...fs, createReadStream };
});

const hub = withHub();
const WORD = `hf:${REPO}`;
const FILE = `${WORD}/b_last.pt`;
const resolve = (word = WORD, offline = false) =>
  resolveWeights(word, ['encoder'], { settings: hub.settings({ offline }) });
const blob = () => join(hub.cache, 'blobs', sha256Of(hub.files.encoder));
const pinFile = () => join(hub.cache, 'pins', ...REPO.split('/'), 'main', 'b_last.pt.json');

it('lists, verifies, fetches and removes', async () => {
  expect((await spotr('weights', 'list')).out).toMatch(/No weights were fetched/);
  const fetched = await spotr('weights', 'fetch', WORD);
  expect(fetched.code).toBe(0);
  expect(fetched.out).toContain(`${FILE} is in the cache: `);
  expect(fetched.out).toContain(`SHA-256 ${sha256Of(hub.files.decoder)}`);
  const { out } = await spotr('weights', 'list');
  expect(out).toMatch(/authors\/SPOTR\/a_last\.pt .* c0ffee00 .* mit /);
  expect(out).toMatch(/authors\/SPOTR\/b_last\.pt /);
  expect(await spotr('weights', 'verify')).toMatchObject({ code: 0 });
  const before = hub.server.downloads.length;
  expect(await spotr('weights', 'fetch', WORD)).toMatchObject({ code: 0 });
  expect(hub.server.downloads).toHaveLength(before);
  expect((await spotr('weights', 'remove', FILE)).out).toContain(`${FILE} is removed, and its pin.`);
  expect(existsSync(blob())).toBe(false);
  expect(readdirSync(join(hub.cache, 'blobs'))).toEqual([sha256Of(hub.files.decoder)]);
  expect(await spotr('weights', 'remove', '--all')).toMatchObject({ code: 0 });
  expect(readdirSync(hub.cache)).toEqual([]);
});

it('says what is wrong with its own command line', async () => {
  for (const [argv, why] of [
    [['list', 'x'], /takes no names/],
    [['fetch'], /needs hf:/],
    [['fetch', 'x.pt'], /does not begin with hf:/],
    [['remove'], /needs hf:/],
    [['remove', WORD, '--all'], /--all alone/],
    [['remove', WORD], /was not fetched/],
    [['verify', WORD], /was not fetched/],
    [['delete'], /known are list, fetch, verify, remove/],
  ] as const) {
    const { code, err } = await spotr('weights', ...argv);
    expect(err).toMatch(why);
    expect(code).toBe(2);
  }
  expect((await spotr('weights', 'fetch', WORD, '--offline')).err).toMatch(/not in the cache .*offline/);
  expect(hub.server.requests).toEqual([]);
});

it('says offline what is not there, and what is', async () => {
  await expect(resolve(WORD, true)).rejects.toThrow(
    `${WORD} is not in the cache ${hub.cache}, and nothing is fetched offline; run spotr weights fetch ${WORD} with a network once.`,
  );
  await resolve(FILE);
  const before = hub.server.requests.length;
  // Which file of the repository has the encoder was never looked up.
  await expect(resolve(WORD, true)).rejects.toThrow(`(in it: ${FILE})`);
  expect((await resolve(FILE, true)).encoder.path).toBe(blob());
  await expect(resolve(`${WORD}/a_last.pt`, true)).rejects.toThrow(/nothing is fetched offline/);
  await expect(resolve(`${WORD}@v1/b_last.pt`, true)).rejects.toThrow(/nothing is fetched offline/);
  expect(hub.server.requests).toHaveLength(before);
});

it('finds a cached file that was changed afterwards, whichever way, and fetches it again', async () => {
  const spoils: (() => void)[] = [
    () => {
      chmodSync(blob(), 0o600);
      writeFileSync(blob(), Buffer.from(hub.files.encoder).fill(7, 9000, 9001));
    },
    () => {
      rmSync(blob());
      writeFileSync(blob(), 'short');
    },
    () => {
      rmSync(blob());
      writeFileSync(join(hub.home, 'elsewhere'), hub.files.encoder);
      symlinkSync(join(hub.home, 'elsewhere'), blob());
    },
    () => {
      rmSync(blob());
      mkdirSync(blob());
    },
  ];
  for (const [i, spoil] of spoils.entries()) {
    await resolve();
    spoil();
    const state = i < 2 ? 'not what was fetched: its bytes are others' : 'not a plain file';
    await expect(resolve()).rejects.toThrow(
      `the cached ${FILE} is ${state}; fetch it again with spotr weights fetch ${FILE}.`,
    );
    expect((await spotr('weights', 'verify')).code).toBe(1);
    expect((await spotr('weights', 'fetch', FILE)).code).toBe(0);
    expect(readFileSync((await resolve()).encoder.path).equals(hub.files.encoder)).toBe(true);
  }
  // Where the bytes are gone altogether they are fetched without a word of that.
  rmSync(blob());
  expect((await spotr('weights', 'verify')).out).toMatch(/b_last\.pt: missing/);
  expect(readFileSync((await resolve()).encoder.path).equals(hub.files.encoder)).toBe(true);
});

it('writes through no link', async () => {
  const target = join(hub.home, 'precious');
  writeFileSync(target, 'precious');
  mkdirSync(join(hub.cache, 'partial'), { recursive: true });
  symlinkSync(target, join(hub.cache, 'partial', sha256Of(hub.files.encoder)));
  await expect(resolve()).rejects.toThrow(/partial.* is not a regular file; delete it, and fetch again/);
  expect(readFileSync(target, 'utf8')).toBe('precious');
  rmSync(join(hub.cache, 'partial'), { recursive: true });
  mkdirSync(join(hub.cache, 'blobs'), { recursive: true });
  symlinkSync(target, blob());
  await resolve();
  expect(readFileSync(target, 'utf8')).toBe('precious');
  expect(readFileSync(blob()).equals(hub.files.encoder)).toBe(true);
});

it.each([
  ['no JSON', () => '{'],
  ['another repository', (text: string) => text.replace(REPO, 'a/b')],
  [
    'a hash that leads elsewhere',
    (text: string) => text.replace(/"sha256": "\w+"/, '"sha256": "../../../etc/passwd"'),
  ],
  ['a size that is none', (text: string) => text.replace(/"size": \d+/, '"size": -4')],
  ['null', () => 'null'],
  ['a list in place of a hash', (text: string) => text.replace(/"sha256": ("\w+")/, '"sha256": [$1]')],
  ['a list in place of a commit', (text: string) => text.replace(/"commit": ("\w+")/, '"commit": [$1]')],
  ['the name of another file', (text: string) => text.replace('b_last.pt', 'a_last.pt')],
  ['a name that leads elsewhere', (text: string) => text.replace('b_last.pt', '../../../b_last.pt')],
  ['more bytes than any has', (text: string) => text.replace('"mit"', `"${'m'.repeat(2 ** 16)}"`)],
])('refuses a record with %s, and names it', async (_, spoil) => {
  await resolve();
  writeFileSync(pinFile(), spoil(readFileSync(pinFile(), 'utf8')));
  await expect(resolve()).rejects.toThrow(
    `${pinFile()}: the record of fetched weights is damaged; delete it`,
  );
  const { code, err } = await spotr('weights', 'list');
  expect(code).toBe(1);
  expect(hub.said.join() + err).toContain('is damaged');
});

it('tells a damaged record, and neither hides nor loses what the others of its repository say', async () => {
  await resolve();
  await resolve(`${WORD}/a_last.pt`);
  writeFileSync(pinFile(), '{');
  hub.server.repos.set('authors/copy', {
    ...{ commit: COMMIT, card: {} },
    files: { 'x.pt': hub.files.decoder },
  });
  await resolve('hf:authors/copy/x.pt');
  for (const verb of ['list', 'verify']) {
    const { code, out, err } = await spotr('weights', verb);
    expect(code).toBe(1);
    expect(out).toContain(`${WORD}/a_last.pt`);
    expect(err).toContain(`${pinFile()}: the record of fetched weights is damaged`);
  }
  // The same content as a_last.pt, whose record is whole.
  await spotr('weights', 'remove', 'hf:authors/copy');
  expect(existsSync(join(hub.cache, 'blobs', sha256Of(hub.files.decoder)))).toBe(true);
  rmSync(join(hub.cache, 'pins', ...REPO.split('/'), 'main', 'a_last.pt.json'));
  expect((await spotr('weights', 'list')).out).not.toContain('No weights were fetched');
});

it.each([
  ['is a file', () => writeFileSync(join(hub.cache, 'blobs'), '')],
  ['leads to itself', () => symlinkSync('blobs', join(hub.cache, 'blobs'))],
])(
  'calls contents missing where their folder %s, and says what is in the way of fetching',
  async (_, make) => {
    await resolve();
    rmSync(join(hub.cache, 'blobs'), { recursive: true });
    make();
    const { code, out } = await spotr('weights', 'verify', WORD);
    expect(code).toBe(1);
    expect(out).toContain(`${FILE}: missing`);
    expect((await spotr('weights', 'list')).out).toMatch(/b_last\.pt +missing/);
    await expect(resolve(WORD, true)).rejects.toThrow(/is not in the cache/);
    const before = hub.server.downloads.length;
    await expect(resolve()).rejects.toThrow(`"${join(hub.cache, 'blobs')}" cannot be written`);
    expect(hub.server.downloads).toHaveLength(before);
  },
);

it('says that it cannot read what is there, and calls missing what goes meanwhile', async () => {
  await resolve();
  const fail = (code: string) => {
    throw Object.assign(new Error(`${code}: no, open '${blob()}'`), { code });
  };
  try {
    reading.fails = () => fail('EACCES');
    await expect(resolve()).rejects.toThrow(`"${blob()}" cannot be read (EACCES: no).`);
    const { code, err } = await spotr('weights', 'verify', WORD);
    expect([code, err]).toEqual([1, expect.stringContaining('cannot be read (EACCES: no)')]);
    // Another process removes it.
    reading.fails = (path) => {
      rmSync(path);
      fail('ENOENT');
    };
    expect((await spotr('weights', 'verify', WORD)).out).toContain(`${FILE}: missing`);
  } finally {
    reading.fails = undefined;
  }
});

it('refuses a record of parts that leads elsewhere', async () => {
  await resolve();
  const path = join(hub.cache, 'pins', ...REPO.split('/'), 'main', '=parts.json');
  writeFileSync(path, JSON.stringify({ encoder: '../../x.pt' }));
  await expect(resolve()).rejects.toThrow(`${path}: the record of fetched weights is damaged`);
});

it('knows which files have the parts, though all was removed while the fetch waited its turn', async () => {
  await resolve();
  const cache = new WeightsCache(hub.cache);
  const lock = await waitForLock(hub.cache);
  const told = vi.spyOn(console, 'error');
  const fetching = resolveWeights(`${WORD}@${COMMIT}`, ['encoder'], { settings: hub.settings() });
  try {
    await vi.waitFor(() => expect(told.mock.calls.join()).toContain('Another process is at work'), 30_000);
    cache.clear();
  } finally {
    lock.dispose();
    told.mockRestore();
  }
  await fetching;
  const { encoder } = await resolve(`${WORD}@${COMMIT}`, true);
  expect(encoder.name).toContain('b_last.pt');
});

it('is not put off by what else lies in its folders', async () => {
  await resolve();
  writeFileSync(join(hub.cache, 'pins', 'stray'), '');
  symlinkSync(join(hub.home, 'nowhere'), join(hub.cache, 'pins', 'broken'));
  symlinkSync(join(hub.home, 'nowhere'), join(hub.cache, 'pins', 'authors', 'broken'));
  mkdirSync(join(hub.cache, 'pins', ...REPO.split('/'), '%zz'));
  symlinkSync(join(hub.home, 'nowhere'), join(hub.cache, 'pins', ...REPO.split('/'), 'main', 'x.json'));
  const { code, out } = await spotr('weights', 'list');
  expect(code).toBe(0);
  expect(out.match(/hf:authors/g)).toHaveLength(1);
});

it('keeps a content that another name still needs', async () => {
  await resolve(FILE);
  await resolve(`${WORD}@v1/b_last.pt`);
  expect(hub.server.downloads).toHaveLength(1);
  await spotr('weights', 'remove', FILE);
  expect((await resolve(`${WORD}@v1/b_last.pt`, true)).encoder.path).toBe(blob());
  await spotr('weights', 'remove', `${WORD}@v1`);
  expect(existsSync(blob())).toBe(false);
});

it('removes nothing but what it keeps', async () => {
  mkdirSync(hub.cache);
  writeFileSync(join(hub.cache, 'thesis.txt'), 'mine');
  await resolve();
  await spotr('weights', 'remove', '--all');
  expect(readdirSync(hub.cache)).toEqual(['thesis.txt']);
});

it('takes a revision and a file of awkward names, and tells them apart', async () => {
  hub.server.repos.set('authors/odd', {
    ...{ commit: COMMIT, card: {} },
    files: { 'x/é%2F y#?.pt': hub.files.encoder, x: hub.files.decoder },
  });
  const { encoder } = await resolve('hf:authors/odd/x/é%2F y#?.pt');
  expect(readFileSync(encoder.path).equals(hub.files.encoder)).toBe(true);
  expect(hub.said.at(-1)).toMatch(/its model card states no licence\.$/);
  await resolve('hf:authors/odd/x');
  expect((await spotr('weights', 'list')).out).toMatch(/hf:authors\/odd\/x\/é%2F y#\?\.pt .*not stated/);
});

it('says where it cannot write, and reads all the same', async () => {
  await resolve();
  const before = statSync(hub.cache).mtimeMs;
  expect((await resolve(WORD, true)).encoder.path).toBe(blob());
  expect(statSync(hub.cache).mtimeMs).toBe(before);
  const requests = hub.server.requests.length;
  // Nobody, root included, makes a folder in /proc.
  const settings = hub.settings({ cache: '/proc/spotr/weights' });
  await expect(resolveWeights(FILE, ['encoder'], { settings })).rejects.toThrow(
    /kept in \/proc\/spotr\/weights, which cannot be written .*; set SPOTR_WEIGHTS_DIR/,
  );
  writeFileSync(join(hub.home, 'file'), '');
  const below = hub.settings({ cache: join(hub.home, 'file', 'x') });
  await expect(resolveWeights(FILE, ['encoder'], { settings: below })).rejects.toThrow(/cannot be written/);
  expect(hub.server.requests).toHaveLength(requests);
});
