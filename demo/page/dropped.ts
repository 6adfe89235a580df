/** Files from a drop or a choice, those in dropped folders with them. */
import type { Dropped } from '../messages.ts';

export const chosenFiles = (files: FileList | null): Dropped[] =>
  [...(files ?? [])].map((file) => ({ path: file.name, file }));

/** The entries are to be taken while the drop is handled; what is in folders is found afterwards. */
export async function droppedFiles({ items, files }: DataTransfer): Promise<Dropped[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry());
  if (!entries.some((entry) => entry?.isDirectory)) return chosenFiles(files);
  const found = await Promise.all(entries.map((entry) => (entry ? filesOf(entry) : [])));
  return found.flat().sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function filesOf(entry: FileSystemEntry): Promise<Dropped[]> {
  if (entry.name.startsWith('.')) return [];
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ path: entry.fullPath.replace(/^\//, ''), file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Dropped[] = [];
  // A reader gives a hundred or so at a time, and none when it has given all.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return found;
    for (const one of some) found.push(...(await filesOf(one)));
  }
}
