/** A browser's own storage, in memory, as far as the page uses it. */

type Entry = MemoryFolder | MemoryFile;

const notFound = () => new DOMException('There is no such entry.', 'NotFoundError');

class MemoryFile {
  readonly kind = 'file';
  readonly name: string;
  readonly #storage: MemoryStorage;
  #content: Blob = new Blob();
  /** Streams that write to it. */
  #open = 0;

  constructor(name: string, storage: MemoryStorage) {
    this.name = name;
    this.#storage = storage;
  }

  async getFile(): Promise<File> {
    const file = new File([this.#content], this.name);
    const snapshot = this.#content;
    // As in browsers: a file that was replaced since cannot be read any more.
    const whole = async <T>(read: () => Promise<T>): Promise<T> => {
      await this.#storage.beforeRead?.(this.name);
      if (snapshot !== this.#content) throw new DOMException('It has changed.', 'NotReadableError');
      return read();
    };
    const [text, bytes] = [file.text.bind(file), file.arrayBuffer.bind(file)];
    return Object.assign(file, { text: () => whole(text), arrayBuffer: () => whole(bytes) });
  }

  get isLocked(): boolean {
    return this.#open > 0;
  }

  async createWritable() {
    let written = new Blob();
    this.#open++;
    return {
      write: async (content: BlobPart) => {
        await this.#storage.beforeWrite?.(this.name);
        written = new Blob([content]);
      },
      close: async () => {
        this.#content = written;
        this.#open--;
      },
      abort: async () => {
        this.#open--;
      },
    };
  }
}

class MemoryFolder {
  readonly kind = 'directory';
  readonly entries = new Map<string, Entry>();
  readonly name: string;
  readonly #storage: MemoryStorage;

  constructor(name: string, storage: MemoryStorage) {
    this.name = name;
    this.#storage = storage;
  }

  async getDirectoryHandle(name: string, { create = false } = {}): Promise<Entry> {
    return this.#get(name, create, () => new MemoryFolder(name, this.#storage));
  }

  async getFileHandle(name: string, { create = false } = {}): Promise<Entry> {
    return this.#get(name, create, () => new MemoryFile(name, this.#storage));
  }

  async removeEntry(name: string): Promise<void> {
    // As in browsers: what is being written to cannot be removed.
    if (isLocked(this.entries.get(name)))
      throw new DOMException('A file in it is being written to.', 'NoModificationAllowedError');
    if (!this.entries.delete(name)) throw notFound();
  }

  values(): IterableIterator<Entry> {
    return this.entries.values();
  }

  #get(name: string, create: boolean, make: () => Entry): Entry {
    const known = this.entries.get(name);
    if (known) return known;
    if (!create) throw notFound();
    const made = make();
    this.entries.set(name, made);
    return made;
  }
}

function isLocked(entry: Entry | undefined): boolean {
  if (entry instanceof MemoryFolder) return [...entry.entries.values()].some(isLocked);
  return entry?.isLocked ?? false;
}

export class MemoryStorage {
  /** Called before a file is read or written, by its name. */
  beforeRead: ((name: string) => Promise<void> | void) | undefined;
  beforeWrite: ((name: string) => Promise<void> | void) | undefined;
  readonly #root = new MemoryFolder('', this);

  async getDirectory(): Promise<MemoryFolder> {
    return this.#root;
  }

  async remove(folder: string, name: string): Promise<void> {
    await ((await this.#root.getDirectoryHandle(folder)) as MemoryFolder).removeEntry(name);
  }

  /** The file as text; undefined where there is none. */
  async text(...path: readonly string[]): Promise<string | undefined> {
    let at: Entry | undefined = this.#root;
    for (const name of path) at = at instanceof MemoryFolder ? at.entries.get(name) : undefined;
    return at instanceof MemoryFile ? (await at.getFile()).text() : undefined;
  }
}
