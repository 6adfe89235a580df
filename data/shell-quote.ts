/**
 * A word as a POSIX shell takes it for one, whatever it is made of; a file name that begins with a dash is no option then.
 * Control characters are escaped as bash and zsh read them, so that showing the word does nothing to a terminal.
 */
export function shellQuote(word: string): string {
  const own = word.startsWith('-') ? `./${word}` : word;
  if (/^[\w./,=:+@%-]+$/.test(own)) return own;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (!/[\x00-\x1f\x7f-\x9f]/.test(own)) return `'${own.replaceAll("'", "'\\''")}'`;
  const escaped = own
    .replace(/[\\']/g, '\\$&')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
    .replace(/[\x00-\x1f\x7f-\x9f]/g, (letter) =>
      Array.from(new TextEncoder().encode(letter), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(
        '',
      ),
    );
  return `$'${escaped}'`;
}
