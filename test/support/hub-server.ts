/**
 * A model hub on this machine: two servers of different ports, so of different origins, one for what it says of repositories
 * and one for the bytes of large files, as the real one has them.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubRequest {
  readonly server: 'hub' | 'store';
  readonly url: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

export interface FakeRepo {
  commit: string;
  card: Record<string, unknown>;
  /** Token that it is given for; anybody's where there is none. */
  token?: string;
  /** Of an account that did not accept the terms. */
  refused?: string;
  files: Record<string, Uint8Array>;
  /** Files of up to so many bytes lie in git, without a SHA-256. */
  smallest?: number;
}

/** Answers in the server's place where it returns true. */
export type Interference = (request: HubRequest, response: ServerResponse, bytes: Uint8Array) => boolean;

export const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
export const blobIdOf = (bytes: Uint8Array) =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

const PAGE = 2;

export class HubServer implements AsyncDisposable {
  readonly repos = new Map<string, FakeRepo>();
  readonly requests: HubRequest[] = [];
  interfere: Interference = () => false;
  readonly #hub: Server;
  readonly #store: Server;

  private constructor() {
    this.#hub = createServer((request, response) => this.#answer('hub', request, response));
    this.#store = createServer((request, response) => this.#answer('store', request, response));
  }

  static async start(): Promise<HubServer> {
    const server = new HubServer();
    for (const one of [server.#hub, server.#store])
      await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get endpoint(): string {
    return addressOf(this.#hub);
  }

  get store(): string {
    return addressOf(this.#store);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of [this.#hub, this.#store]) {
      one.closeAllConnections();
      await new Promise((resolve) => one.close(resolve));
    }
  }

  /** Requests for files, but for looks at their headers. */
  get downloads(): HubRequest[] {
    return this.requests.filter(
      ({ server, range }) => server === 'store' && !/^bytes=\d+-\d+$/.test(range ?? ''),
    );
  }

  #answer(server: HubRequest['server'], request: IncomingMessage, response: ServerResponse): void {
    const { authorization, range } = request.headers;
    const [path = '', query] = (request.url ?? '').split('?');
    // A question mark in a name is none in front of a query.
    const url = `${decodeURIComponent(path)}${query === undefined ? '' : `?${decodeURIComponent(query)}`}`;
    const name = decodeURIComponent(path);
    const seen = {
      server,
      url,
      authorization,
      range,
      ifRange: request.headers['if-range'] as string | undefined,
    };
    this.requests.push(seen);
    const content = /^\/(?:[^/]+\/[^/]+)\/(?:resolve\/)?[^/]+\/(.+)/.exec(name)?.[1];
    const repo = this.#repoOf(url);
    const bytes = repo?.files[content ?? ''] ?? new Uint8Array();
    if (this.interfere(seen, response, bytes)) return;
    if (server === 'store') sendBytes(response, bytes, seen);
    else this.#answerAsHub(seen, response, repo, content, bytes);
  }

  #answerAsHub(
    seen: HubRequest,
    response: ServerResponse,
    repo: FakeRepo | undefined,
    content: string | undefined,
    bytes: Uint8Array,
  ): unknown {
    const { url, authorization } = seen;
    const token = authorization?.replace('Bearer ', '');
    if (!repo || (repo.token !== undefined && token === undefined))
      return fail(response, 401, repo ? 'GatedRepo' : 'RepoNotFound');
    if (repo.token !== undefined && token === repo.refused) return fail(response, 403, 'GatedRepo');
    if (repo.token !== undefined && token !== repo.token) return fail(response, 401, 'GatedRepo');
    const [, what = '', revision = ''] =
      /^\/api\/models\/[^/]+\/[^/]+\/(revision|tree)\/([^?]+)/.exec(url) ??
      /^\/[^/]+\/[^/]+\/(resolve)\/([^/]+)\//.exec(url) ??
      [];
    if (!['main', 'v1', repo.commit].includes(revision)) return fail(response, 404, 'RevisionNotFound');
    if (what === 'revision') return sendJson(response, infoOf(url, repo));
    if (what === 'tree') return this.#sendTree(response, url, repo);
    if (content === undefined || !repo.files[content]) return fail(response, 404, 'EntryNotFound');
    response.setHeader('x-repo-commit', repo.commit);
    if (isSmall(repo, bytes)) {
      response.setHeader('etag', `"${blobIdOf(bytes)}"`);
      return sendBytes(response, bytes, seen);
    }
    response.writeHead(302, {
      location: `${this.store}${encodeURI(url.replace('/resolve', '')).replace(/[?#]/g, encodeURIComponent)}?signature=1`,
      'x-linked-etag': `"${sha256Of(bytes)}"`,
      'x-linked-size': bytes.length,
    });
    return response.end();
  }

  #repoOf(url: string): FakeRepo | undefined {
    const name = /^\/(?:api\/models\/)?([^/]+\/[^/]+)\//.exec(url)?.[1];
    return this.repos.get(name ?? '');
  }

  #sendTree(response: ServerResponse, url: string, repo: FakeRepo): void {
    const from = Number(/cursor=(\d+)/.exec(url)?.[1] ?? 0);
    const all = Object.entries(repo.files).map(([path, bytes]) => ({
      ...{ type: 'file', path, size: bytes.length },
      oid: blobIdOf(bytes),
      ...(!isSmall(repo, bytes) && {
        lfs: { oid: sha256Of(bytes), size: bytes.length, pointerSize: 134 },
        oid: 'f'.repeat(40),
      }),
    }));
    if (from + PAGE < all.length)
      response.setHeader(
        'link',
        `<${this.endpoint}${url.replace(/&cursor=\d+/, '')}&cursor=${from + PAGE}>; rel="next"`,
      );
    sendJson(response, [
      { type: 'directory', path: 'x', size: 0, oid: 'a' },
      ...all.slice(from, from + PAGE),
    ]);
  }
}

const addressOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const isSmall = ({ smallest = 0 }: FakeRepo, { length }: Uint8Array) => length <= smallest;

/** What the real hub gives with these `expand`: no field that was not asked for. */
function infoOf(url: string, { commit, card }: FakeRepo): Record<string, unknown> {
  const asked = new URLSearchParams(url.split('?')[1]).getAll('expand');
  const all: Record<string, unknown> = {
    sha: commit,
    cardData: card,
    tags: ['region:us'],
    gated: false,
    likes: 0,
  };
  return {
    ...{ _id: '1', id: 'x/y' },
    ...Object.fromEntries(asked.flatMap((name) => (name in all ? [[name, all[name]]] : []))),
  };
}

export function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

export function fail(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-error-code': code });
  response.end(JSON.stringify({ error: 'no' }));
}

/** With ranges, as a store of large files gives them. */
export function sendBytes(response: ServerResponse, bytes: Uint8Array, { range, ifRange }: HubRequest): void {
  const etag =
    (response.getHeader('etag') as string | undefined) ?? `"store-${sha256Of(bytes).slice(0, 16)}"`;
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const headers = { etag, 'accept-ranges': 'bytes', 'content-type': 'binary/octet-stream' };
  if (first === undefined || (ifRange !== undefined && ifRange !== etag)) {
    response.writeHead(200, { ...headers, 'content-length': bytes.length });
    response.end(bytes);
    return;
  }
  const begin = Number(first);
  const end = Math.min(bytes.length, last ? Number(last) + 1 : bytes.length);
  if (begin >= bytes.length) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` });
    response.end();
    return;
  }
  response.writeHead(206, {
    ...headers,
    'content-length': end - begin,
    'content-range': `bytes ${begin}-${end - 1}/${bytes.length}`,
  });
  response.end(bytes.subarray(begin, end));
}

/** The first `count` bytes of what was asked for; then the connection is cut. */
export function sendCut(
  response: ServerResponse,
  bytes: Uint8Array,
  { range }: HubRequest,
  count: number,
): void {
  const begin = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
  response.writeHead(begin > 0 ? 206 : 200, {
    'content-length': bytes.length - begin,
    ...(begin > 0 && { 'content-range': `bytes ${begin}-${bytes.length - 1}/${bytes.length}` }),
  });
  response.write(bytes.subarray(begin, begin + count), () => response.destroy());
}
