/** What a file says of its patient stays in the file: the rest of the program knows a pseudonym. */
import { SignalError } from './errors.ts';

/** Words that name nobody: "X X X X", "anonymous", "n/a", "Female_33yr". */
const NOTHING =
  /^(x+|0+|[-.?*]+|anon|anonym(ous|i[sz]ed)?|de-?identified|unknown|none|null|n\/?a|name|patient|subject|(fe)?male|m|f|\d+y(rs?)?)$/;

const DIGITS = 10;

/**
 * The same short name for the same text, up to case, spaces and underscores: `p-` and the start of its SHA-256 in hexadecimal.
 * Undefined where the text names nobody. Whoever has a list of names can find out which of them it is; it keeps names
 * out of logs, reports and models, and is no encryption.
 */
export async function pseudonym(text: string): Promise<string | undefined> {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .split(/[\s\0_]+/)
    .filter(Boolean);
  if (words.every((word) => NOTHING.test(word))) return undefined;
  if (!globalThis.crypto?.subtle) {
    throw new SignalError(
      'The patient field of a file cannot be made a pseudonym: this page has no crypto.subtle. Serve it over https or from localhost.',
    );
  }
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(words.join(' ')));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `p-${hex.slice(0, DIGITS)}`;
}
