/**
 * The root of everything that this package throws on purpose. The message names the thing, the value met, what was
 * expected and the fix, and is enough for a person; `code` is for programs, and stays when sentences change.
 */
export abstract class SpotrError extends Error {
  abstract readonly code: string;
}
