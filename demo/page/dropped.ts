/** Files from a drop or a choice, those in dropped folders with them. */
import type { Dropped } from '../messages.ts';

export const chosenFiles = (files: FileList | null): Dropped[] =>
  [...(files ?? [])].map((file) => ({ path: file.name, file }));

/**
 * The entries are to be taken while the drop is handled; what is in folders is found afterwards. What cannot be read (links
 * that lead nowhere, files and folders without permission) comes with the reason.
 */
export async function droppedFiles({ items, files }: DataTransfer): Promise<Dropped[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry());
  if (!entries.some((entry) => entry?.isDirectory)) return chosenFiles(files);
  const found = await Promise.all(entries.map((entry) => (entry ? filesOf(entry) : [])));
  return found.flat().sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function filesOf(entry: FileSystemEntry): Promise<Dropped[]> {
  if (entry.name.startsWith('.')) return [];
  const path = entry.fullPath.replace(/^\//, '');
  try {
    if (!entry.isFile) return await filesIn(entry as FileSystemDirectoryEntry, path);
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ path, file }];
  } catch (error) {
    return [unread(entry, path, error)];
  }
}

async function filesIn(entry: FileSystemDirectoryEntry, path: string): Promise<Dropped[]> {
  const reader = entry.createReader();
  const found: Dropped[] = [];
  // A reader gives a hundred or so at a time, and none when it has given all.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    ).catch((error: unknown) => {
      found.push(unread(entry, path, error));
      return [];
    });
    if (some.length === 0) return found;
    for (const one of some) found.push(...(await filesOf(one)));
  }
}

function unread({ name, isFile }: FileSystemEntry, path: string, error: unknown): Dropped {
  const why = error instanceof Error ? ` (${error.name})` : '';
  return {
    path,
    file: new File([], name),
    unread: `${isFile ? 'cannot be read' : 'cannot be listed'}${why}; is it a link, or is permission missing?`,
  };
}
