import { describe, expect, it } from 'vitest';
import { droppedFiles } from '../../demo/page/dropped.ts';

type Tree = File | Error | { [name: string]: Tree };

/** What a browser gives of a dropped folder; an Error is what reading it fails with. */
function entryOf(path: string, tree: Tree): FileSystemEntry {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const isFile = tree instanceof File || (tree instanceof Error && name.includes('.'));
  const children = tree instanceof File || tree instanceof Error ? [] : Object.entries(tree);
  return {
    name,
    fullPath: path,
    isFile,
    isDirectory: !isFile,
    file: (ok: (file: File) => void, fail: (error: Error) => void) =>
      tree instanceof File ? ok(tree) : fail(tree as Error),
    createReader: () => {
      let left = children.map(([child, below]) => entryOf(`${path}/${child}`, below));
      return {
        readEntries: (ok: (entries: FileSystemEntry[]) => void, fail: (error: Error) => void) => {
          if (tree instanceof Error) return fail(tree);
          const some = left.slice(0, 2);
          left = left.slice(2);
          ok(some);
        },
      };
    },
  } as unknown as FileSystemEntry;
}

describe('a dropped folder', () => {
  it('comes with what the browser does not give, and why', async () => {
    const file = new File(['1'], 'a.csv');
    const tree = {
      'a.csv': file,
      'gone.edf': new DOMException('', 'NotFoundError'),
      closed: new DOMException('', 'NotReadableError'),
      deep: { 'b.csv': file, 'c.csv': file, 'd.csv': file },
      '.hidden.csv': file,
    };
    const items = [{ webkitGetAsEntry: () => entryOf('/top', tree) }];
    const found = await droppedFiles({ items, files: [] } as unknown as DataTransfer);
    expect(found.map(({ path, unread }) => [path, unread?.slice(0, 40)])).toEqual([
      ['top/a.csv', undefined],
      ['top/closed', 'cannot be listed (NotReadableError); is '],
      ['top/deep/b.csv', undefined],
      ['top/deep/c.csv', undefined],
      ['top/deep/d.csv', undefined],
      ['top/gone.edf', 'cannot be read (NotFoundError); is it a '],
    ]);
  });
});
