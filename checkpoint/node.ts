/** What `checkpoint` offers in Node only: hashes by the platform's own SHA-256. The one of browsers wants a whole file in memory. */
import { createHash } from 'node:crypto';
import { chunks } from '../base/bytes.ts';
import { refuser } from './errors.ts';
import { type Checkpoint, type CheckpointSource, randomAccess, readCheckpoint } from './read.ts';
import type { ReadOptions } from './values.ts';

/** SHA-256 of a whole file in hexadecimal, read in pieces. Throws a CheckpointError where it ends early. */
export async function sha256(source: CheckpointSource, name: string): Promise<string> {
  const file = randomAccess(source, name);
  const hash = createHash('sha256');
  for await (const piece of chunks(file, 0, file.size, 'the file', refuser(name))) hash.update(piece);
  return hash.digest('hex');
}

/** As `readCheckpoint`, with the hash of the file. */
export async function readHashedCheckpoint(
  source: CheckpointSource,
  name: string,
  options: ReadOptions = {},
): Promise<Checkpoint & { readonly sha256: string }> {
  const checkpoint = await readCheckpoint(source, name, options);
  return { ...checkpoint, sha256: await sha256(source, name) };
}
