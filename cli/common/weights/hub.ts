/** What the model hub says of a repository. */
import { CommandError } from '../errors.ts';
import { isSha256 } from '../files.ts';
import { isInside, isObjectName } from './reference.ts';
import type { HubSettings } from './settings.ts';
import { Transport } from './transport.ts';

export interface HubFile {
  readonly path: string;
  readonly size: number;
  /** Of large files, which the hub keeps outside git. */
  readonly sha256: string | undefined;
  /** Of the others: SHA-1 over `blob SIZE\0` and the content. */
  readonly blobId: string | undefined;
}

export interface HubListing {
  readonly repo: string;
  readonly commit: string;
  /** In the words of the model card; undefined where it states none. */
  readonly licence: string | undefined;
  readonly files: readonly HubFile[];
}

/** One of the files that a hub lists. */
export interface RemoteFile {
  readonly hub: Hub;
  readonly listing: HubListing;
  readonly file: HubFile;
}

const MAX_FILES = 10_000;

export class Hub {
  readonly transport: Transport;

  constructor(settings: HubSettings) {
    this.transport = new Transport(settings);
  }

  get host(): string {
    return this.transport.host;
  }

  dispose(): Promise<void> {
    return this.transport.dispose();
  }

  /** The files of a repository at a revision. @throws CommandError where the hub does not give them, or no sense. */
  async listing(repo: string, revision: string): Promise<HubListing> {
    // Loaded only where the network is touched.
    const { listFiles, modelInfo } = await import('@huggingface/hub');
    const what = `the repository ${repo}@${revision}`;
    const common = { hubUrl: this.transport.settings.endpoint, fetch: this.transport.fetchFor(what) };
    const makesNoSense = (cause: unknown): never => {
      if (cause instanceof CommandError) throw cause;
      throw new CommandError(
        `${this.host} sends an invalid listing of ${what} (${cause instanceof Error ? cause.message : cause}); check HF_ENDPOINT and the proxy.`,
        { cause },
      );
    };
    try {
      const fields = ['sha', 'cardData', 'tags'] as const;
      const info = await modelInfo({ ...common, name: repo, revision, additionalFields: [...fields] });
      const commit: unknown = info.sha;
      if (!isObjectName(commit)) throw new Error('it names no commit');
      const files: HubFile[] = [];
      for await (const entry of listFiles({ ...common, repo, revision: commit, recursive: true })) {
        if (entry.type !== 'file') continue;
        files.push(fileOf(entry));
        if (files.length > MAX_FILES) throw new Error(`more than ${MAX_FILES} files`);
      }
      return { repo, commit, licence: licenceOf(info), files };
    } catch (error) {
      return makesNoSense(error);
    }
  }

  /** Where a file of a repository lies. */
  addressOf({ listing: { repo, commit }, file: { path } }: Pick<RemoteFile, 'listing' | 'file'>): URL {
    const segments = path.split('/').map(encodeURIComponent).join('/');
    return new URL(`${this.transport.settings.endpoint}/${repo}/resolve/${commit}/${segments}`);
  }
}

interface Entry {
  readonly path: unknown;
  readonly size: unknown;
  readonly oid?: unknown;
  readonly lfs?: { readonly oid?: unknown; readonly size?: unknown } | undefined;
}

function fileOf({ path, size: plainSize, oid, lfs }: Entry): HubFile {
  const size = lfs?.size ?? plainSize;
  if (typeof path !== 'string' || !isInside(path))
    throw new Error(`a file called ${JSON.stringify(path)}`.slice(0, 200));
  if (!Number.isSafeInteger(size) || (size as number) < 0) throw new Error(`a size of ${size} for ${path}`);
  const sha256 = lfs?.oid;
  if (sha256 !== undefined && !isSha256(sha256)) throw new Error(`a hash of ${path} that is no SHA-256`);
  const blobId = sha256 === undefined && isObjectName(oid) ? oid : undefined;
  return { path, size: size as number, sha256, blobId };
}

/** A licence as `license:` of the card, or by its own name where that is "other". */
function licenceOf({ cardData, tags }: { cardData?: unknown; tags?: unknown }): string | undefined {
  const { license, license_name: name } = (cardData ?? {}) as { license?: unknown; license_name?: unknown };
  const stated = license === 'other' && typeof name === 'string' ? name : license;
  const texts = [stated].flat().filter((text) => typeof text === 'string' && text !== '');
  const tagged = Array.isArray(tags)
    ? tags.flatMap((tag) => (typeof tag === 'string' && tag.startsWith('license:') ? tag.slice(8) : []))
    : [];
  const all = texts.length > 0 ? texts : tagged;
  return all.length > 0 ? all.join(', ').slice(0, 100) : undefined;
}
