/** The browser's own storage (OPFS): what is kept there leaves the machine no more than the page does. */
import type { Cutting, Dropped, Kept, Reading } from '../messages.ts';
import type { FormerLabels } from './former-labels.ts';
import type { OwnLabels } from './labels.ts';

const FOLDER = 'spotr';
const FILES = 'files';
const RUN = 'run.safetensors';
const SESSION = 'session.json';
const LABELS = 'labels.json';

/** `session.json`: what the page was working on. */
export interface SessionNote extends FormerLabels {
  readonly kind: 'generated' | 'files';
  readonly names: readonly string[];
  readonly reading: Reading;
  readonly cutting: Cutting | null;
  /** Of the run that is kept. */
  readonly run: { readonly step: number; readonly steps: number; readonly seconds: number } | null;
}

async function folder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}

/** Whole or not at all: what is written takes the file's place when it is closed. */
async function write(
  where: FileSystemDirectoryHandle,
  name: string,
  content: Uint8Array<ArrayBuffer> | string | Blob,
): Promise<void> {
  const file = await where.getFileHandle(name, { create: true });
  const stream = await file.createWritable();
  try {
    await stream.write(content);
    await stream.close();
  } catch (error) {
    await stream.abort().catch(() => {});
    throw error;
  }
}

/** Times that a file is read which is being replaced meanwhile: what was there before cannot be read any more then. */
const MOST_READS = 5;

/** What `use` makes of a file; undefined where there is none, or no storage. @throws where it cannot be read. */
async function read<T>(name: string, use: (file: File) => Promise<T> | T): Promise<T | undefined> {
  const where = await folder().catch(() => undefined);
  for (let tries = 1; where; tries++)
    try {
      return await use(await (await where.getFileHandle(name)).getFile());
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotFoundError') return undefined;
      if (!(error instanceof DOMException) || tries === MOST_READS) throw error;
    }
  return undefined;
}

const readText = (name: string) => read(name, (file) => file.text());

export const keepRun = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> =>
  write(await folder(), RUN, bytes);

/** A new run begins: the one before is not what is resumed. */
export async function forgetRun(): Promise<void> {
  await (await folder()).removeEntry(RUN).catch(() => {});
}

export async function keptRun(): Promise<Uint8Array | undefined> {
  const bytes = await read(RUN, (file) => file.arrayBuffer());
  return bytes && bytes.byteLength > 0 ? new Uint8Array(bytes) : undefined;
}

/** Of recordings that are at hand, and of others: they are there again when those are. */
export const keepLabels = async (labels: readonly OwnLabels[]): Promise<void> =>
  write(await folder(), LABELS, JSON.stringify(labels));

/** @throws SyntaxError where they are damaged. */
export async function keptLabels(): Promise<readonly OwnLabels[]> {
  const text = await readText(LABELS);
  return text === undefined ? [] : (JSON.parse(text) as readonly OwnLabels[]);
}

export const keepNote = async (note: SessionNote): Promise<void> =>
  write(await folder(), SESSION, JSON.stringify(note));

/** Undefined where there is none, or it is damaged. */
export async function keptNote(): Promise<SessionNote | undefined> {
  const text = await readText(SESSION);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as SessionNote);
  } catch {
    return undefined;
  }
}

/** In place of those that were there; a path is one name in the storage, where / is none. */
export async function keepFiles(files: readonly Dropped[], isWanted: () => boolean): Promise<void> {
  await forgetFiles();
  const where = await (await folder()).getDirectoryHandle(FILES, { create: true });
  try {
    for (const { path, file, unread } of files)
      if (unread === undefined && isWanted()) await write(where, encodeURIComponent(path), file);
  } catch (error) {
    // Half of what belongs together only takes room.
    await forgetFiles();
    throw error;
  }
}

export async function forgetFiles(): Promise<void> {
  const where = await folder();
  // First: without it nothing is resumed, whatever else is still there.
  await where.removeEntry(SESSION).catch(() => {});
  await where.removeEntry(FILES, { recursive: true }).catch(() => {});
  await forgetRun();
}

export async function keptFiles(): Promise<Dropped[]> {
  const where = await folder()
    .then((own) => own.getDirectoryHandle(FILES))
    .catch(() => undefined);
  const files: Dropped[] = [];
  if (!where) return files;
  for await (const handle of where.values())
    if (handle.kind === 'file')
      files.push({
        path: decodeURIComponent(handle.name),
        file: await (handle as FileSystemFileHandle).getFile(),
      });
  return files;
}

/** @throws where something of it cannot be removed. */
export async function wipe(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  try {
    await root.removeEntry(FOLDER, { recursive: true });
  } catch (error) {
    if ((error as Error).name !== 'NotFoundError') throw error;
  }
}

/** What there is, in words for the page. @throws where it cannot be read. */
export async function keptFacts(): Promise<Kept> {
  const note = await keptNote();
  const run = (await read(RUN, ({ size }) => size)) ?? 0;
  const labelled = await keptLabels().then(
    ({ length }) => length,
    () => null,
  );
  const files = await keptFiles();
  const bytes = run + files.reduce((sum, { file }) => sum + file.size, 0);
  if (!note || (note.kind === 'files' && files.length === 0))
    return {
      ...{ signals: null, reading: { rate: null, modality: null }, cutting: null, checkpoint: null },
      ...{ labelled, bytes },
    };
  return {
    signals: { kind: note.kind, names: note.names },
    reading: note.reading,
    cutting: note.cutting,
    checkpoint: run > 0 ? note.run : null,
    labelled,
    bytes,
  };
}
