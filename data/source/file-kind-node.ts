import type { Stats } from 'node:fs';

type Kind = Pick<Stats, 'isDirectory' | 'isFIFO' | 'isSocket' | 'isCharacterDevice' | 'isBlockDevice'>;

/** What stands in place of a file: "is a FIFO". */
export function otherThanFile(found: Kind): string {
  if (found.isDirectory()) return 'is a folder';
  if (found.isFIFO()) return 'is a FIFO, not a file';
  if (found.isSocket()) return 'is a socket, not a file';
  if (found.isCharacterDevice() || found.isBlockDevice()) return 'is a device, not a file';
  return 'is no file';
}
