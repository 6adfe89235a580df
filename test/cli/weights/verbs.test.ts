import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { resolveIfThere, resolveWeights, wholeWord } from '../../../cli/common/weights/resolve.ts';
import { readModel } from '../../../cli/reconstruct/weights.ts';
import { sha256Of } from '../../support/hub-server.ts';
import { SIGNAL_OPTIONS, writeSignals } from '../../support/signals.ts';
import { spotr } from '../../support/spotr-command.ts';
import { startSpotr } from '../../support/spotr-process.ts';
import { REPO, withHub } from './fixture.ts';

const hub = withHub();
const WORD = `hf:${REPO}`;
const at = (...names: string[]) => join(hub.home, ...names);

/** The same files on disk, under names that say nothing. */
function onDisk(): string {
  mkdirSync(at('disk'));
  writeFileSync(at('disk', 'one.pt'), hub.files.decoder);
  writeFileSync(at('disk', 'two.pt'), hub.files.encoder);
  return at('disk');
}

it('embeds, reconstructs and inspects by hf: what the same files on disk do, bit for bit', async () => {
  const disk = onDisk();
  writeSignals(at('s.npy'), { seconds: 4 });
  const common = [...SIGNAL_OPTIONS, '--window', '2', at('s.npy')];
  const embed = async (name: string, ...more: string[]) => {
    const { code, out, err } = await spotr('embed', ...common, '--out', at(name), ...more);
    expect(err.replace(/^ {2}(Fetching|Of 2 files) .*$/gm, '').trim()).toBe('');
    expect(code).toBe(0);
    return { out, bytes: readFileSync(at(name)) };
  };
  const own = await embed('disk.npy', '--weights', join(disk, 'two.pt'));
  const fetched = await embed('hub.npy', '--weights', WORD);
  expect(fetched.bytes.equals(own.bytes)).toBe(true);
  // Heads of a token, and not only zeros.
  expect(new Set(own.bytes.subarray(128)).size).toBeGreaterThan(8);
  expect(fetched.out.replace(/\s+/g, ' ')).toContain(
    `hf:${REPO}/b_last.pt (commit c0ffee00) (torch-zip), of a size of its own`,
  );

  // Rendering takes the same two files, from wherever they come.
  const heads = { heads: 8, conditioning: undefined };
  const plain = await readModel({ ...heads, weights: disk, decoder: undefined, offline: false });
  const words: [weights: string, decoder?: string][] = [[WORD], [join(disk, 'two.pt'), `${WORD}/a_last.pt`]];
  for (const [weights, decoder] of words) {
    const {
      config,
      conditioning,
      encoder,
      decoder: drawn,
    } = await readModel({
      ...{ ...heads, weights, decoder, offline: false },
    });
    expect({ config, conditioning }).toEqual({ config: plain.config, conditioning: 'cls' });
    expect(encoder).toEqual(plain.encoder);
    expect(drawn).toEqual(plain.decoder);
  }
  const nothing = await spotr('reconstruct', '--weights', WORD, '--offline', '--out', at('r'), at('no.edf'));
  expect(nothing.err).toMatch(/no\.edf/);

  const { code, out } = await spotr('inspect', WORD);
  expect(code).toBe(0);
  expect(out).toContain(sha256Of(hub.files.encoder));
  expect(out).toContain(`hf:${REPO}/b_last.pt (commit c0ffee00)`);
  expect((await spotr('inspect', `${WORD}/a_last.pt`, '--offline')).out).toMatch(
    /conditioning +cls, certain/,
  );
  expect(hub.server.downloads).toHaveLength(2);
});

it('takes hf: where labelled windows are looked at, and keeps the words as they are', async () => {
  for (const verb of ['probe', 'fewshot', 'finetune']) {
    const { err } = await spotr(verb, '--weights', WORD, '--out', at(verb), at('no.csv'));
    expect(err).toMatch(/no\.csv/);
  }
  expect(hub.server.downloads).toHaveLength(1);
  expect(wholeWord(WORD)).toBe(WORD);
  expect(wholeWord('x.pt')).toBe(join(process.cwd(), 'x.pt'));
});

it('touches no network unless hf: is written', async () => {
  const disk = onDisk();
  expect((await spotr('inspect', join(disk, 'two.pt'))).code).toBe(0);
  expect((await spotr('weights', 'list')).code).toBe(0);
  for (const word of [`${hub.server.endpoint}/${REPO}`, `hf://${REPO}`]) {
    expect((await spotr('inspect', word)).err).toMatch(/write hf:OWNER\/REPO/);
  }
  expect(hub.server.requests).toEqual([]);
  const refused = await spotr('pretrain', '--from', WORD, '--offline', '--out', at('offline'));
  expect({ code: refused.code, requests: hub.server.requests }).toEqual({ code: 1, requests: [] });
  expect(refused.err).toMatch(/nothing is fetched offline/);
  vi.stubEnv('SPOTR_OFFLINE', '1');
  expect((await spotr('inspect', WORD)).err).toMatch(/nothing is fetched offline/);
  expect(hub.server.requests).toEqual([]);
});

it('finds the parts in a folder by their tensors, past whatever else is there', async () => {
  const disk = onDisk();
  symlinkSync(at('nowhere.pt'), join(disk, 'broken.pt'));
  writeFileSync(join(disk, 'zero.pt'), '');
  writeFileSync(join(disk, 'notes.txt'), 'x');
  writeFileSync(join(disk, '.hidden.pt'), hub.files.encoder);
  mkdirSync(join(disk, 'folder.pt'));
  const found = await resolveWeights(disk, ['encoder', 'decoder']);
  expect(found.encoder.path).toBe(join(disk, 'two.pt'));
  expect(found.decoder.path).toBe(join(disk, 'one.pt'));
  copyFileSync(join(disk, 'two.pt'), join(disk, 'three.pt'));
  await expect(resolveWeights(disk, ['encoder'])).rejects.toThrow(
    /has 2 files with an encoder \(three\.pt, two\.pt\); name the one that is meant/,
  );
  expect((await resolveWeights(disk, ['decoder'])).decoder.path).toBe(join(disk, 'one.pt'));
  await expect(resolveWeights(join(disk, 'folder.pt'), ['encoder'])).rejects.toThrow(
    /holds no encoder: there is no \.safetensors, \.pt, \.pth or \.bin file in it/,
  );
});

it('says of a repository that it is ambiguous, or has no part', async () => {
  hub.repo().files['copy.pt'] = hub.files.encoder;
  await expect(resolveWeights(WORD, ['encoder'], { settings: hub.settings() })).rejects.toThrow(
    /hf:authors\/SPOTR has 2 files with an encoder \(b_last\.pt, copy\.pt\); name the one/,
  );
  delete hub.repo().files['copy.pt'];
  hub.server.repos.set('authors/half', { ...hub.repo(), files: { 'x.pt': hub.files.encoder } });
  // Before and after that was kept.
  for (const offline of [false, true]) {
    const settings = hub.settings({ offline });
    expect((await resolveIfThere('hf:authors/half', 'encoder', { settings }))?.name).toContain('x.pt');
    expect(await resolveIfThere('hf:authors/half', 'decoder', { settings })).toBeUndefined();
  }
  hub.repo().files['copy.pt'] = hub.files.encoder;
  const { decoder } = await resolveWeights(WORD, ['decoder'], { settings: hub.settings() });
  expect(decoder.name).toContain('a_last.pt');
  hub.server.repos.set('authors/text', { ...hub.repo(), files: { 'README.md': Buffer.from('x') } });
  expect((await spotr('weights', 'fetch', 'hf:authors/text')).err).toMatch(/holds no encoder: there is no/);
});

it('goes through the proxy of the environment, but to hosts of NO_PROXY', async () => {
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on('connect', ({ url = '', headers }, socket) => {
    asked.push(`${url} ${headers['proxy-authorization'] ?? ''}`);
    const { port } = new URL(`http://${url}`);
    const onward = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const one of [socket, onward]) one.on('error', () => {});
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  try {
    const { port } = proxy.address() as AddressInfo;
    vi.stubEnv('HTTP_PROXY', `http://me:word@127.0.0.1:${port}`);
    await resolveWeights(`${WORD}/b_last.pt`, ['encoder'], { settings: hub.settings() });
    const hosts = [hub.server.endpoint, hub.server.store].map((url) => new URL(url).host);
    const basic = Buffer.from('me:word').toString('base64');
    expect(new Set(asked)).toEqual(new Set(hosts.map((host) => `${host} Basic ${basic}`)));
    asked.length = 0;
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    await resolveWeights(`${WORD}/a_last.pt`, ['decoder'], { settings: hub.settings() });
    expect(asked).toEqual([]);
    vi.stubEnv('NO_PROXY', '');
    proxy.removeAllListeners('connect');
    proxy.on('connect', (_, socket) => void socket.end('HTTP/1.1 407 No\r\n\r\n'));
    await expect(
      resolveWeights(`${WORD}@v1/b_last.pt`, ['encoder'], { settings: hub.settings() }),
    ).rejects.toThrow(/the proxy requires a name and a password: put them into HTTPS_PROXY/);
    vi.stubEnv('HTTP_PROXY', 'nonsense');
    await expect(
      resolveWeights(`${WORD}@v1/b_last.pt`, ['encoder'], { settings: hub.settings() }),
    ).rejects.toThrow(/HTTP_PROXY holds no address of a proxy/);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});

it('says that a host cannot be reached, at once', async () => {
  const endpoint = 'http://127.0.0.1:1';
  await expect(resolveWeights(WORD, ['encoder'], { settings: hub.settings({ endpoint }) })).rejects.toThrow(
    /127\.0\.0\.1:1 cannot be reached .*check the network, HTTPS_PROXY and HF_ENDPOINT/,
  );
  expect(hub.pauses).toEqual([]);
});

const some = () => Math.floor(hub.files.encoder.length / 4);

it('lets two processes fetch at once, once, and goes on after one that was killed', async () => {
  // A quarter comes; the rest when the test lets it.
  let letGo = () => {};
  const gate = new Promise<void>((open) => {
    letGo = open;
  });
  hub.server.interfere = (request, response, bytes) => {
    if (request.server !== 'store') return false;
    const begin = Number(/\d+/.exec(request.range ?? '')?.[0] ?? 0);
    response.writeHead(begin > 0 ? 206 : 200, {
      'content-length': bytes.length - begin,
      ...(begin > 0 && { 'content-range': `bytes ${begin}-${bytes.length - 1}/${bytes.length}` }),
    });
    response.write(bytes.subarray(begin, begin + some()));
    void gate.then(() => response.end(bytes.subarray(begin + some())));
    return true;
  };
  const fetchIt = () => startSpotr(['weights', 'fetch', `${WORD}/b_last.pt`], hub.home);
  const partial = join(hub.cache, 'partial', sha256Of(hub.files.encoder));
  const killed = fetchIt();
  await expect.poll(() => existsSync(partial) && readFileSync(partial).length).toBe(some());
  killed.child.kill('SIGKILL');
  await killed.ended;
  const both = [fetchIt(), fetchIt()];
  await expect.poll(() => both.map((one) => one.said()).join()).toContain('Another process is at work in');
  letGo();
  expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([0, 0]);
  expect(hub.server.downloads.map(({ range }) => range)).toEqual([undefined, `bytes=${some()}-`]);
  expect(readFileSync(join(hub.cache, 'blobs', sha256Of(hub.files.encoder))).equals(hub.files.encoder)).toBe(
    true,
  );
  expect(readdirSync(hub.cache).sort()).toEqual(['blobs', 'partial', 'pins']);
});
