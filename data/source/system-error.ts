/** What the operating system says of a file that it does not give, as a sentence that names the file. */
import { FormatError } from '../errors.ts';

const REASONS: Readonly<Record<string, readonly [problem: string, fix: string]>> = {
  EACCES: ['cannot be read: permission is denied.', 'Allow it (chmod), or leave it out.'],
  EPERM: ['cannot be read: permission is denied.', 'Allow it (chmod), or leave it out.'],
  ENOENT: ['is not there any more.', 'Look for it, or leave it out.'],
  ELOOP: ['is a link that leads back to itself.', 'Remove it.'],
  ENAMETOOLONG: ['has a path that is too long for this system.', 'Move it to a shorter one.'],
  EISDIR: ['is a folder where a file is needed.', 'Give the file.'],
  ENOTDIR: ['has a file in its path where a folder is needed.', 'Correct the path.'],
};

/** The same error where it is none of the system's. */
export function systemError(path: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  // Node's errors have a code, those of browsers a name.
  const { code } = error as NodeJS.ErrnoException;
  if (error.name === 'NotReadableError' || error.name === 'NotFoundError')
    return new FormatError(path, 'cannot be read any more.', 'Choose it again.');
  if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return error;
  const [problem, fix] = REASONS[code] ?? [`cannot be read (${code}).`, 'Look at the disk, or leave it out.'];
  return new FormatError(path, problem, fix, { found: code });
}

/** Does something with a file; what the system denies is a FormatError. */
export async function withSystemErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw systemError(path, error);
  }
}
