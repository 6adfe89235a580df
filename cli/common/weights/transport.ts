/**
 * Requests to the model hub and to where it redirects. Node's own fetch takes a proxy from the environment only from
 * 22.21 and 24 on and only if asked to, and follows redirects by rules of its own: undici's `request` does as told.
 */
import type { Readable } from 'node:stream';
import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { CommandError, UsageError } from '../errors.ts';
import { version } from '../version.ts';
import { isPassing, networkFault, statusFault } from './faults.ts';
import type { HubSettings } from './settings.ts';

/** Of one request, after all redirects. The body is to be read, or discarded. */
export interface Answer {
  readonly status: number;
  header(name: string): string | undefined;
  /** What the hub itself called the file's content, before it redirected: its SHA-256 where it is a large one. */
  readonly linkedEtag: string | undefined;
  readonly body: Readable;
  /** A short body is read to its end, so that the connection serves the next request. */
  discard(): void;
}

const MAX_REDIRECTS = 6;
const MAX_TRIES = 4;
const FIRST_PAUSE_MS = 500;
/** A server that asks for a longer one is not waited for. */
const LONGEST_PAUSE_MS = 60_000;
/** Without a byte, before a connection counts as cut. */
const SILENCE_MS = 30_000;
/** Bytes of one reply about a repository, and replies in one listing: its pages may have no end. */
const LONGEST_REPLY = 2 ** 24;
const MAX_REPLIES = 100;
const LONGEST_DISCARDED = 2 ** 14;

const ignore = (): void => {};

export class Transport {
  readonly settings: HubSettings;
  /** Of the hub or the mirror. */
  readonly host: string;
  readonly #origin: string;
  readonly #dispatcher: Dispatcher;
  #replies = 0;

  /** @throws UsageError where a proxy of the environment has no address. */
  constructor(settings: HubSettings) {
    this.settings = settings;
    const { host, origin } = new URL(settings.endpoint);
    this.host = host;
    this.#origin = origin;
    try {
      this.#dispatcher = new EnvHttpProxyAgent();
    } catch (cause) {
      throw new UsageError(
        'HTTPS_PROXY or HTTP_PROXY holds no address of a proxy; set it to one such as http://proxy.example:3128.',
        { cause },
      );
    }
  }

  dispose(): Promise<void> {
    return this.#dispatcher.destroy();
  }

  /**
   * Gets an address of the hub, by redirects if need be, and tries again where that may help. `what` is asked for, in
   * words. Answers of 200, 206 and 416 come back.
   * @throws CommandError that says what to do.
   */
  async get(url: URL, headers: Readonly<Record<string, string>>, what: string): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      const last = tries === MAX_TRIES;
      let pause = FIRST_PAUSE_MS * 2 ** (tries - 1);
      try {
        const answer = await this.#follow(url, headers, what);
        if ([200, 206, 416].includes(answer.status)) return this.#asStored(answer, what);
        answer.discard();
        const asked = 1000 * Number(answer.header('retry-after') ?? 0);
        if (!isPassing(answer.status) || last || asked > LONGEST_PAUSE_MS)
          throw statusFault(what, {
            status: answer.status,
            code: answer.header('x-error-code'),
            hasToken: this.settings.token !== undefined,
            host: this.host,
          });
        if (asked > 0) pause = asked;
      } catch (error) {
        if (error instanceof CommandError) throw error;
        const { error: fault, passing } = networkFault(what, this.host, error);
        if (!passing || last) throw fault;
      }
      await this.settings.pause(pause);
    }
  }

  /** The same answer. @throws CommandError for bytes that were encoded on the way: sizes and hashes are of others. */
  #asStored(answer: Answer, what: string): Answer {
    const encoding = answer.header('content-encoding') ?? 'identity';
    if (encoding === 'identity') return answer;
    answer.discard();
    throw new CommandError(
      `${this.host} or where it leads sends ${what} encoded (${encoding}), though its bytes as they are were asked for; check HF_ENDPOINT and the proxy.`,
    );
  }

  async #follow(url: URL, headers: Readonly<Record<string, string>>, what: string): Promise<Answer> {
    let linkedEtag: string | undefined;
    let at = url;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const own = at.origin === this.#origin;
      const { token } = this.settings;
      const {
        statusCode,
        headers: got,
        body,
      } = await request(at, {
        dispatcher: this.#dispatcher,
        headersTimeout: SILENCE_MS,
        bodyTimeout: SILENCE_MS,
        headers: {
          ...headers,
          'user-agent': `spotr/${version()}`,
          // Bytes as they are stored: ranges and sizes are counted in them.
          'accept-encoding': 'identity',
          // To the hub alone, never to where it redirects.
          ...(own && token !== undefined && { authorization: `Bearer ${token}` }),
        },
      });
      const header = (name: string) => [got[name]].flat()[0];
      const discard = () => void body.on('error', ignore).dump({ limit: LONGEST_DISCARDED }).catch(ignore);
      if (own) linkedEtag ??= unquoted(header('x-linked-etag'));
      const location = header('location');
      if (![301, 302, 303, 307, 308].includes(statusCode) || location === undefined)
        return { status: statusCode, header, linkedEtag, body, discard };
      discard();
      at = nextAddress(at, location, what);
    }
    throw new CommandError(
      `${this.host} redirects more than ${MAX_REDIRECTS} times for ${what}; check HF_ENDPOINT and the proxy.`,
    );
  }

  /** `fetch` for the client of the hub, which asks for JSON: bounded in size and number, with the errors of `get`. */
  fetchFor(what: string): typeof fetch {
    return async (input, init) => {
      if (++this.#replies > MAX_REPLIES)
        throw new CommandError(
          `${this.host} lists ${what} in more than ${MAX_REPLIES} pages; name the file that is meant.`,
        );
      const url = new URL(input instanceof Request ? input.url : input);
      const accept = new Headers(init?.headers).get('accept') ?? 'application/json';
      const answer = await this.get(url, { accept }, what);
      const parts: Buffer[] = [];
      let size = 0;
      for await (const part of bytesOf(answer, what, this.host)) {
        size += part.length;
        if (size > LONGEST_REPLY)
          throw new CommandError(
            `${this.host} says more than ${LONGEST_REPLY} bytes of ${what}; check HF_ENDPOINT.`,
          );
        parts.push(part);
      }
      const link = answer.header('link');
      return new Response(Buffer.concat(parts), { headers: link === undefined ? {} : { link } });
    };
  }
}

/** The bytes of an answer. @throws CommandError where the connection is cut. */
export async function* bytesOf({ body }: Answer, what: string, host: string): AsyncGenerator<Buffer> {
  try {
    for await (const part of body) yield part as Buffer;
  } catch (error) {
    throw networkFault(what, host, error).error;
  }
}

/** Where a redirect leads. @throws CommandError for where none is followed to. */
export function nextAddress(from: URL, location: string, what: string): URL {
  const wrong = (why: string) =>
    new CommandError(
      `${from.host} redirects ${what} to an address ${why}; it is not followed: check HF_ENDPOINT and the proxy.`,
    );
  if (!URL.canParse(location, from)) throw wrong('that is none');
  const to = new URL(location, from);
  if (!/^https?:$/.test(to.protocol)) throw wrong(`of the kind ${to.protocol}`);
  if (from.protocol === 'https:' && to.protocol === 'http:') throw wrong('without encryption');
  if (to.username || to.password) throw wrong('with credentials');
  return to;
}

export const unquoted = (etag: string | undefined): string | undefined =>
  etag?.replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
