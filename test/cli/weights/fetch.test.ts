import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { showBytes } from '../../../cli/common/text.ts';
import { resolveWeights } from '../../../cli/common/weights/resolve.ts';
import { blobIdOf, sendBytes, sendCut, sendJson, sha256Of } from '../../support/hub-server.ts';
import { COMMIT, REPO, withHub } from './fixture.ts';

const hub = withHub();
const WORD = `hf:${REPO}`;
const resolve = (word = WORD, parts: ('encoder' | 'decoder')[] = ['encoder']) =>
  resolveWeights(word, parts, { settings: hub.settings() });
const partials = () => readdirSync(join(hub.cache, 'partial'));

it('fetches the encoder alone, whatever it is called, says so before, and needs no network afterwards', async () => {
  const { encoder } = await resolve();
  expect(readFileSync(encoder.path).equals(hub.files.encoder)).toBe(true);
  expect(encoder.name).toBe(`hf:${REPO}/b_last.pt (commit c0ffee00)`);
  const { host } = new URL(hub.server.endpoint);
  expect(hub.said).toContain(
    `  Fetching b_last.pt (${showBytes(hub.files.encoder.length)}) of ${REPO} at main (commit c0ffee00) from ${host}; licence by its model card: mit.`,
  );
  expect(hub.said).toContain(
    `  Of 2 files of weights in ${WORD}, b_last.pt has the encoder, by its tensors.`,
  );
  expect(hub.server.downloads.map(({ url }) => url)).toEqual([`/${REPO}/${COMMIT}/b_last.pt?signature=1`]);
  const before = hub.server.requests.length;
  expect(await resolve()).toEqual({ encoder });
  expect(await resolveWeights(WORD, ['encoder'], { settings: hub.settings({ offline: true }) })).toEqual({
    encoder,
  });
  expect(hub.server.requests).toHaveLength(before);
  expect(partials()).toEqual([]);
});

it('looks at headers in few bytes, and fetches the decoder when it is asked for', async () => {
  await resolve();
  // Two ends of each file, at most one block each.
  const looks = hub.server.requests.filter(
    ({ server, range }) => server === 'store' && /-\d+$/.test(range ?? ''),
  );
  expect(looks.length).toBeLessThanOrEqual(6);
  const { encoder, decoder } = await resolve(WORD, ['encoder', 'decoder']);
  expect(readFileSync(encoder.path).equals(hub.files.encoder)).toBe(true);
  expect(readFileSync(decoder.path).equals(hub.files.decoder)).toBe(true);
  expect(hub.server.downloads).toHaveLength(2);
});

it('takes a named file for every part, at a named revision', async () => {
  const { encoder } = await resolve(`${WORD}@v1/b_last.pt`);
  expect(encoder.name).toBe(`hf:${REPO}@v1/b_last.pt (commit c0ffee00)`);
  expect(hub.server.requests.some(({ range }) => /-\d+$/.test(range ?? ''))).toBe(false);
  await expect(resolve(`${WORD}/c.pt`)).rejects.toThrow(/has no file c\.pt; it has a_last\.pt, b_last\.pt\./);
  await expect(resolve(`${WORD}@v2`)).rejects.toThrow(/answers 404 .*no such revision.*after the @/);
});

it('goes on where the connection was cut, many times', async () => {
  const half = Math.floor(hub.files.encoder.length / 3);
  hub.server.interfere = (request, response, bytes) => {
    if (request.server !== 'store' || hub.server.downloads.at(-1) !== request) return false;
    if (hub.server.downloads.length > 3) return false;
    sendCut(response, bytes, request, half);
    return true;
  };
  const { encoder } = await resolve(`${WORD}/b_last.pt`);
  expect(readFileSync(encoder.path).equals(hub.files.encoder)).toBe(true);
  const ranges = hub.server.downloads.map(({ range }) => range);
  expect(ranges[0]).toBeUndefined();
  const begins = ranges.slice(1).map((range) => Number(range?.match(/\d+/)?.[0]));
  expect(begins).toEqual([...begins].sort((a, b) => a - b));
  expect(begins.at(-1)).toBeGreaterThan(half);
});

it('keeps what was fetched when it gives up, and goes on from there at the next command', async () => {
  const size = hub.files.encoder.length;
  hub.server.interfere = (request, response, bytes) => {
    if (request.server !== 'store') return false;
    if (hub.server.downloads.length === 1) sendCut(response, bytes, request, size / 2);
    else response.destroy();
    return true;
  };
  await expect(resolve(`${WORD}/b_last.pt`)).rejects.toThrow(/cannot be reached .*what was fetched is kept/);
  const [partial = ''] = partials();
  expect(partial).toBe(sha256Of(hub.files.encoder));
  const kept = statSync(join(hub.cache, 'partial', partial)).size;
  expect(kept).toBeGreaterThan(0);
  hub.server.interfere = () => false;
  await resolve(`${WORD}/b_last.pt`);
  expect(hub.server.downloads.at(-1)?.range).toBe(`bytes=${kept}-`);
  expect(hub.said.at(-1)).toMatch(/are here already/);
});

it('gives up where a server begins again each time and never comes further, however far it came', async () => {
  let connections = 0;
  hub.server.interfere = (request, response, bytes) => {
    if (!request.url.includes('/resolve/')) return false;
    // Were it not given up it would end here, in another error.
    if (++connections > 20) response.writeHead(404).end();
    else sendCut(response, bytes, { ...request, range: undefined }, connections % 2 ? 1000 : 10);
    return true;
  };
  await expect(resolve(`${WORD}/b_last.pt`)).rejects.toThrow(/cuts the connection for b_last\.pt/);
});

it('asks by If-Range, and begins again where the file became another', async () => {
  const size = hub.files.encoder.length;
  hub.server.interfere = (request, response, bytes) => {
    if (request.server !== 'store') return false;
    if (hub.server.downloads.length > 1) return false;
    response.setHeader('etag', '"of-old"');
    sendCut(response, bytes, request, size / 2);
    return true;
  };
  const { encoder } = await resolve(`${WORD}/b_last.pt`);
  expect(hub.server.downloads.map(({ ifRange }) => ifRange)).toEqual([undefined, '"of-old"']);
  expect(readFileSync(encoder.path).equals(hub.files.encoder)).toBe(true);
});

it('begins again where a part of another file comes, or a part that was not asked for', async () => {
  for (const trick of ['etag', 'range']) {
    const size = hub.files.encoder.length;
    let count = 0;
    hub.server.interfere = (request, response, bytes) => {
      if (request.server !== 'store') return false;
      count++;
      if (count === 1) {
        response.setHeader('etag', '"one"');
        sendCut(response, bytes, request, size / 2);
        return true;
      }
      if (count > 2) return false;
      const begin = trick === 'etag' ? Number(/\d+/.exec(request.range ?? '')?.[0]) : 5;
      response.writeHead(206, {
        etag: trick === 'etag' ? '"two"' : '"one"',
        'content-range': `bytes ${begin}-${size - 1}/${size}`,
      });
      response.end(Buffer.alloc(size - begin, 1));
      return true;
    };
    const { encoder } = await resolve(`${WORD}@${trick === 'etag' ? 'v1' : 'main'}/b_last.pt`);
    expect(readFileSync(encoder.path).equals(hub.files.encoder)).toBe(true);
    expect(count).toBe(3);
    hub.server.interfere = () => false;
    rmSync(hub.cache, { recursive: true });
  }
});

it('throws away a part that was wrong all along, once', async () => {
  const partial = join(hub.cache, 'partial', sha256Of(hub.files.encoder));
  mkdirSync(join(hub.cache, 'partial'), { recursive: true });
  writeFileSync(partial, Buffer.alloc(1000, 9));
  const { encoder } = await resolve(`${WORD}/b_last.pt`);
  expect(hub.server.downloads.map(({ range }) => range)).toEqual(['bytes=1000-', undefined]);
  expect(readFileSync(encoder.path).equals(hub.files.encoder)).toBe(true);
});

it('refuses bytes that are not those listed, and keeps none of them', async () => {
  const wrong = Buffer.from(hub.files.encoder);
  wrong[1000] = (wrong[1000] ?? 0) ^ 1;
  hub.server.interfere = (request, response) => {
    if (request.server !== 'store') return false;
    sendBytes(response, wrong, request);
    return true;
  };
  await expect(resolve(`${WORD}/b_last.pt`)).rejects.toThrow(
    `is not what it lists: SHA-256 ${sha256Of(wrong)} instead of ${sha256Of(hub.files.encoder)}; nothing of it is kept`,
  );
  expect(statSync(join(hub.cache, 'partial', sha256Of(hub.files.encoder))).size).toBe(0);
  expect(readdirSync(join(hub.cache, 'blobs'))).toEqual([]);
});

it("compares small files, of which the hub lists no SHA-256, with git's name for them", async () => {
  hub.repo().smallest = 2 ** 30;
  const { encoder } = await resolve(`${WORD}/b_last.pt`);
  expect(readFileSync(encoder.path).equals(hub.files.encoder)).toBe(true);
  rmSync(hub.cache, { recursive: true });
  const wrong = Buffer.from(hub.files.encoder).fill(3, 500, 600);
  hub.server.interfere = (request, response) => {
    if (!request.url.includes('/resolve/')) return false;
    sendBytes(response, wrong, request);
    return true;
  };
  await expect(resolve(`${WORD}/b_last.pt`)).rejects.toThrow(`instead of ${blobIdOf(hub.files.encoder)}`);
});

it('refuses other bytes under a name that is pinned, until the pin is removed', async () => {
  await resolve();
  const other = Buffer.from(hub.files.decoder);
  hub.repo().files['b_last.pt'] = other;
  hub.repo().commit = 'd'.repeat(40);
  // The cached file goes on to be what it is; whatever asks the hub again is refused.
  expect((await resolve()).encoder.name).toContain('c0ffee00');
  const refusal = `hf:${REPO}/b_last.pt is pinned to SHA-256 ${sha256Of(hub.files.encoder)}`;
  await expect(resolve(WORD, ['encoder', 'decoder'])).rejects.toThrow(refusal);
  // Of the same size too, and before anything is fetched.
  hub.repo().files['b_last.pt'] = Buffer.from(hub.files.encoder).fill(3, 500, 600);
  const before = hub.server.downloads.length;
  await expect(resolve(WORD, ['encoder', 'decoder'])).rejects.toThrow(refusal);
  expect(hub.server.downloads).toHaveLength(before);
  delete hub.repo().files['b_last.pt'];
  await expect(resolve(WORD, ['decoder'])).rejects.toThrow(
    /has no such file any more at main \(commit dddddddd\)/,
  );
});

it('refuses other bytes of a pinned file even where the hub lists no hash at all', async () => {
  const wrong = Buffer.from(hub.files.encoder).fill(3, 500, 600);
  let sent: Uint8Array = hub.files.encoder;
  hub.server.interfere = (request, response) => {
    if (request.url.includes('/tree/')) {
      sendJson(response, [{ type: 'file', path: 'b_last.pt', size: wrong.length }]);
      return true;
    }
    if (!request.url.includes('/resolve/')) return false;
    sendBytes(response, sent, request);
    return true;
  };
  const { encoder } = await resolve(`${WORD}/b_last.pt`);
  rmSync(encoder.path);
  sent = wrong;
  await expect(resolve(`${WORD}/b_last.pt`)).rejects.toThrow(
    `is pinned to SHA-256 ${sha256Of(hub.files.encoder)}`,
  );
  expect(readdirSync(join(hub.cache, 'blobs'))).toEqual([]);
  expect(partials()).toEqual([]);
  sent = hub.files.encoder;
  await resolve(`${WORD}/b_last.pt`);
});

it('stops where another process took over and ended the fetch while this one stood still', async () => {
  const partial = join(hub.cache, 'partial', sha256Of(hub.files.encoder));
  hub.server.interfere = (request, response, bytes) => {
    if (request.server !== 'store') return false;
    sendCut(response, bytes, request, bytes.length);
    rmSync(partial);
    writeFileSync(join(hub.cache, 'lock'), JSON.stringify({ pid: 1, host: 'elsewhere', token: 'other' }));
    return true;
  };
  await expect(resolve(`${WORD}/b_last.pt`)).rejects.toThrow(
    /lock: another process has taken over while this one was suspended/,
  );
});

it('says the licence of a model card on one line, whatever it is', async () => {
  hub.repo().card = { license: 'mit\n  all is well\u001b[31m' };
  await resolve(`${WORD}/b_last.pt`);
  expect(hub.said.find((line) => line.includes('Fetching'))).toMatch(
    /licence by its model card: .*all is well.*\.$/,
  );
});
