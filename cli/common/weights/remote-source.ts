/** A file on the hub that is looked at by ranges, so that its header tells what it is before it is fetched. */
import type { RandomAccess } from '../../../checkpoint/index.ts';
import type { RemoteFile } from './hub.ts';
import { bytesOf } from './transport.ts';

const BLOCK = 2 ** 16;
/** More than any header, and less than what a download is worth. */
const MAX_BLOCKS = 64;

/** The server does not give parts of files, or more of them would be needed than a look is worth. */
export class CannotPeek extends Error {}

/** Each block is fetched once. Reads throw CannotPeek, and CommandError where the network fails. */
export function remoteSource(remote: RemoteFile): RandomAccess {
  const { file } = remote;
  const blocks = new Map<number, Uint8Array>();
  const fetchBlocks = async (first: number, last: number): Promise<void> => {
    if (blocks.size + last - first + 1 > MAX_BLOCKS)
      throw new CannotPeek(`the header of ${file.path} is too long for a look`);
    const begin = first * BLOCK;
    const end = Math.min(file.size, (last + 1) * BLOCK);
    const bytes = await range(remote, begin, end);
    for (let block = first; block <= last; block++)
      blocks.set(block, bytes.subarray((block - first) * BLOCK, (block - first + 1) * BLOCK));
  };
  return {
    size: file.size,
    async read(offset, length) {
      const end = Math.min(file.size, offset + length);
      if (end <= offset) return new Uint8Array(0);
      const first = Math.floor(offset / BLOCK);
      const last = Math.floor((end - 1) / BLOCK);
      let next = first;
      while (next <= last) {
        if (blocks.has(next)) {
          next++;
          continue;
        }
        // Neighbours come by one request.
        let to = next;
        while (to < last && !blocks.has(to + 1)) to++;
        await fetchBlocks(next, to);
        next = to + 1;
      }
      const whole = Buffer.concat(
        Array.from({ length: last - first + 1 }, (_, i) => blocks.get(first + i) as Uint8Array),
      );
      return whole.subarray(offset - first * BLOCK, end - first * BLOCK);
    },
  };
}

async function range(remote: RemoteFile, begin: number, end: number): Promise<Uint8Array> {
  const { hub, listing, file } = remote;
  const what = `the header of ${file.path} of ${listing.repo}`;
  const answer = await hub.transport.get(hub.addressOf(remote), { range: `bytes=${begin}-${end - 1}` }, what);
  const given = answer.header('content-range');
  if (answer.status !== 206 || given !== `bytes ${begin}-${end - 1}/${file.size}`) {
    answer.discard();
    throw new CannotPeek(`${hub.host} does not give the part of ${file.path} that was asked for`);
  }
  const bytes = Buffer.alloc(end - begin);
  let done = 0;
  for await (const part of bytesOf(answer, what, hub.host)) {
    done += part.length;
    if (done > bytes.length) break;
    bytes.set(part, done - part.length);
  }
  if (done === bytes.length) return bytes;
  throw new CannotPeek(`${hub.host} gave ${done} of ${bytes.length} bytes of ${file.path}`);
}
