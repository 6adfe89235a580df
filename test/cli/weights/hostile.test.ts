import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { resolveWeights } from '../../../cli/common/weights/resolve.ts';
import { hubSettings } from '../../../cli/common/weights/settings.ts';
import { fail, type HubRequest, sendBytes, sendJson } from '../../support/hub-server.ts';
import { COMMIT, REPO, withHub } from './fixture.ts';

const hub = withHub();
const FILE = `hf:${REPO}/b_last.pt`;
const resolve = (word = FILE) => resolveWeights(word, ['encoder'], { settings: hub.settings() });
const isDownload = ({ url }: HubRequest) => url.includes('/resolve/');

function redirect(location: string, status = 302): void {
  hub.server.interfere = (request, response) => {
    if (!isDownload(request)) return false;
    response.writeHead(status, { location });
    response.end();
    return true;
  };
}

it.each([
  ['file:///etc/passwd', /of the kind file:/],
  ['data:,x', /of the kind data:/],
  ['ftp://127.0.0.1/x', /of the kind ftp:/],
  ['http://user:word@127.0.0.1/', /with credentials/],
  ['http://[', /that is none/],
])('follows no redirect to %s', async (location, why) => {
  redirect(location);
  await expect(resolve()).rejects.toThrow(why);
});

it('ends a loop of redirects', async () => {
  redirect(`/${REPO}/resolve/${COMMIT}/b_last.pt`, 307);
  await expect(resolve()).rejects.toThrow(/redirects more than 6 times for b_last\.pt/);
  expect(hub.server.requests.filter(isDownload)).toHaveLength(7);
});

it('sends the token to the hub, and to no other host', async () => {
  hub.repo().token = 'hf_secret';
  const seen: (string | undefined)[] = [];
  const other = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end();
  });
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
  try {
    const settings = hub.settings({ token: 'hf_secret' });
    await resolveWeights(FILE, ['encoder'], { settings });
    const store = hub.server.requests.filter(({ server }) => server === 'store');
    expect(store.length).toBeGreaterThan(0);
    expect(new Set(store.map(({ authorization }) => authorization))).toEqual(new Set([undefined]));
    const own = hub.server.requests.filter(({ server }) => server === 'hub');
    expect(new Set(own.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer hf_secret']));
    // Pages of a listing, too, may point away.
    hub.server.interfere = (request, response) => {
      if (!request.url.includes('/tree/')) return false;
      response.setHeader('link', `<http://127.0.0.1:${(other.address() as AddressInfo).port}/x>; rel="next"`);
      sendJson(response, []);
      return true;
    };
    await expect(resolveWeights(`hf:${REPO}@v1`, ['encoder'], { settings })).rejects.toThrow();
    expect(seen).toEqual([undefined]);
  } finally {
    other.close();
  }
});

it.each([
  [401, 'RepoNotFound', undefined, /private or gated, or does not exist; .*HF_TOKEN/],
  [401, 'GatedRepo', 'hf_x', /does not accept the token in HF_TOKEN/],
  [403, 'GatedRepo', undefined, /accept the terms .* and set HF_TOKEN/],
  [403, 'GatedRepo', 'hf_x', /account of HF_TOKEN may not read it; accept the terms/],
  [404, 'RevisionNotFound', undefined, /no such revision; check what stands after the @/],
  [404, 'EntryNotFound', undefined, /no such file; check the name/],
  [404, '', undefined, /no such repository, revision or file; check the name, and HF_ENDPOINT/],
  [418, '', undefined, /answers 418 .*which is not a valid answer/],
])('says what to do about %i %s with token %s, and asks once', async (status, code, token, why) => {
  hub.server.interfere = (_, response) => {
    fail(response, status, code);
    return true;
  };
  const settings = hub.settings({ token });
  const error: Error = await resolveWeights(FILE, ['encoder'], { settings }).then(
    () => expect.unreachable(),
    (thrown) => thrown as Error,
  );
  expect(error.message).toMatch(why);
  expect(error.message).not.toContain('hf_x');
  expect(hub.server.requests).toHaveLength(1);
  expect(hub.pauses).toEqual([]);
});

it.each([429, 500, 503])('tries again after %i, a few times', async (status) => {
  hub.server.interfere = (_, response) => {
    fail(response, status, '');
    return true;
  };
  await expect(resolve()).rejects.toThrow(status === 429 ? /too many requests/ : /unavailable; try again/);
  expect(hub.server.requests).toHaveLength(4);
  expect(hub.pauses).toEqual([500, 1000, 2000]);
  hub.server.interfere = (_, response) => {
    if (hub.server.requests.length > 6) return false;
    response.setHeader('retry-after', '7');
    fail(response, status, '');
    return true;
  };
  await resolve();
  expect(hub.pauses.slice(3)).toEqual([7000, 7000]);
});

it('does not wait for as long as a server would like', async () => {
  hub.server.interfere = (_, response) => {
    response.setHeader('retry-after', '86400');
    fail(response, 429, '');
    return true;
  };
  await expect(resolve()).rejects.toThrow(/too many requests/);
  expect(hub.server.requests).toHaveLength(1);
});

it.each([
  [
    'a page instead of the file',
    { 'content-type': 'text/html; charset=utf-8' },
    /a page \(text\/html; charset=utf-8\) came instead of b_last\.pt/,
  ],
  ['a size that is not the one listed', { 'content-length': '1099511627776' }, /but sends another number/],
])('refuses %s', async (_, headers, why) => {
  hub.server.interfere = (request, response) => {
    if (!isDownload(request)) return false;
    response.writeHead(200, headers);
    response.write('<html>');
    return true;
  };
  await expect(resolve()).rejects.toThrow(why);
});

it.each(['/tree/', '/resolve/'])(
  'says that what lies at %s comes encoded, though it was not asked for so',
  async (where) => {
    hub.server.interfere = (request, response) => {
      if (!request.url.includes(where)) return false;
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' });
      response.end(gzipSync('[]'));
      return true;
    };
    await expect(resolve()).rejects.toThrow(
      /^127\.0\.0\.1:\d+ or where it leads sends .* encoded \(gzip\), .*check HF_ENDPOINT/,
    );
  },
);

it('refuses more bytes than were listed, without reading to their end', async () => {
  hub.server.interfere = (request, response, bytes) => {
    if (!isDownload(request)) return false;
    response.writeHead(200, {});
    response.write(bytes);
    const timer = setInterval(() => response.write(Buffer.alloc(2 ** 16)), 1);
    response.on('close', () => clearInterval(timer));
    return true;
  };
  await expect(resolve()).rejects.toThrow(/but sends another number/);
});

it('refuses a file that the hub calls another than it lists', async () => {
  hub.server.interfere = (request, response, bytes) => {
    if (!isDownload(request)) return false;
    response.setHeader('x-linked-etag', `"${'0'.repeat(64)}"`);
    sendBytes(response, bytes, request);
    return true;
  };
  await expect(resolve()).rejects.toThrow(/lists b_last\.pt .* but would send 0{64}; it is rejected/);
});

it.each([
  [
    'a name that leaves the repository',
    [{ type: 'file', path: '../../.ssh/id.pt', size: 1 }],
    /a file called "\.\.\/\.\.\/\.ssh/,
  ],
  ['an absolute name', [{ type: 'file', path: '/etc/x.pt', size: 1 }], /a file called/],
  [
    'a name with a control character',
    [{ type: 'file', path: 'x\u001b[2J.pt', size: 1 }],
    /a file called "x\\u001b/,
  ],
  ['a size below nothing', [{ type: 'file', path: 'b_last.pt', size: -1 }], /a size of -1/],
  ['a size beyond counting', [{ type: 'file', path: 'b_last.pt', size: 1e300 }], /a size of 1e\+300/],
  [
    'a hash that is none',
    [{ type: 'file', path: 'b_last.pt', size: 1, lfs: { oid: '../x', size: 1 } }],
    /no SHA-256/,
  ],
  ['no list', { files: 3 }, /invalid listing/],
])('refuses a listing with %s', async (_, listing, why) => {
  hub.server.interfere = (request, response) => {
    if (!request.url.includes('/tree/')) return false;
    sendJson(response, listing);
    return true;
  };
  await expect(resolve()).rejects.toThrow(why);
});

it('refuses a file that no disk here holds, before the first byte', async () => {
  const size = 2 ** 52;
  hub.server.interfere = (request, response) => {
    if (!request.url.includes('/tree/')) return false;
    sendJson(response, [{ type: 'file', path: 'b_last.pt', size, lfs: { oid: 'a'.repeat(64), size } }]);
    return true;
  };
  await expect(resolve()).rejects.toThrow(
    /has room for .*, but 4096 TiB will be fetched; .*SPOTR_WEIGHTS_DIR/,
  );
  expect(hub.server.requests.some(isDownload)).toBe(false);
});

it.each([
  ['no commit', (url: string) => url.includes('/revision/'), {}],
  ['a page', (url: string) => url.includes('/revision/'), '<html>'],
])('refuses a repository of %s', async (_, which, reply) => {
  hub.server.interfere = (request, response) => {
    if (!which(request.url)) return false;
    if (typeof reply === 'string') response.end(reply);
    else sendJson(response, reply);
    return true;
  };
  await expect(resolve()).rejects.toThrow(/sends an invalid listing of the repository .*HF_ENDPOINT/);
});

it('ends a listing whose pages have no end, and a reply that has none', async () => {
  hub.server.interfere = (request, response) => {
    if (!request.url.includes('/tree/')) return false;
    response.setHeader(
      'link',
      `<${hub.server.endpoint}/api/models/${REPO}/tree/${COMMIT}?cursor=1>; rel="next"`,
    );
    sendJson(response, []);
    return true;
  };
  await expect(resolve()).rejects.toThrow(/in more than 100 pages/);
  const chunk = Buffer.alloc(2 ** 20, 32);
  hub.server.interfere = (request, response) => {
    if (!request.url.includes('/tree/')) return false;
    const more = () => void (response.destroyed || response.write(chunk, more));
    more();
    return true;
  };
  await expect(resolve()).rejects.toThrow(/says more than 16777216 bytes/);
});

it('opens no pickle that is more than tensors, wherever it comes from', async () => {
  // os.system("...") as torch.load would run it.
  const hostile = Buffer.concat([
    Buffer.from([0x80, 2]),
    Buffer.from('cos\nsystem\n(X\u0004\u0000\u0000\u0000exit', 'latin1'),
    Buffer.from('tR.', 'latin1'),
  ]);
  hub.repo().files = { 'b_last.pt': hostile };
  await expect(resolve(`hf:${REPO}`)).rejects.toThrow(
    /holds no encoder: none of b_last\.pt has one; .*b_last\.pt/,
  );
  const { readEncoder } = await import('../../../cli/common/weights/encoder.ts');
  await expect(readEncoder(FILE, 8)).rejects.toThrow(/\[(forbidden|not-a-checkpoint|damaged)/);
});

it('takes files whole where a server gives no parts of them', async () => {
  hub.server.interfere = (request, response, bytes) => {
    if (request.server !== 'store') return false;
    sendBytes(response, bytes, { ...request, range: undefined });
    return true;
  };
  const { encoder } = await resolve(`hf:${REPO}`);
  expect(encoder.name).toContain('b_last.pt');
  expect(hub.said.join('\n')).toMatch(
    /does not give the part of b_last\.pt .*fetched whole to identify its tensors/,
  );
});

it.each([
  ['HF_ENDPOINT', 'nowhere', /HF_ENDPOINT is no base address/],
  ['HF_ENDPOINT', 'file:///x', /HF_ENDPOINT is no base address/],
  ['HF_ENDPOINT', 'https://a:b@c', /HF_ENDPOINT is no base address/],
  ['HF_TOKEN', 'hf_a\nb', /HF_TOKEN holds spaces/],
  ['SPOTR_OFFLINE', 'maybe', /SPOTR_OFFLINE is "maybe", but must be 1 or 0/],
])('refuses %s=%j', (name, value, why) => {
  expect(() => hubSettings(false, { [name]: value })).toThrow(why);
});

it('sends no token in the clear, and reads what it is told', () => {
  const token = { HF_TOKEN: 'hf_a' };
  expect(() => hubSettings(false, { ...token, HF_ENDPOINT: 'http://mirror.example' })).toThrow(
    /sent to \S+ unencrypted/,
  );
  expect(hubSettings(false, { ...token, HF_ENDPOINT: 'https://mirror.example/hub/' })).toMatchObject({
    ...{ endpoint: 'https://mirror.example/hub', token: 'hf_a', offline: false },
  });
  expect(hubSettings(false, {}).endpoint).toBe('https://huggingface.co');
  for (const env of [{ SPOTR_OFFLINE: '1' }, { HF_HUB_OFFLINE: 'True' }])
    expect(hubSettings(false, env).offline).toBe(true);
  expect(hubSettings(true, { SPOTR_OFFLINE: '0' }).offline).toBe(true);
  expect(hubSettings(false, { XDG_CACHE_HOME: '/x' }).cache).toBe('/x/spotr/weights');
});
