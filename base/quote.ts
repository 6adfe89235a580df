/** Texts and values from files, for messages. */

/** Control characters, line and paragraph separators, marks that turn the direction of text, and halves of characters. */
export const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Surrogate}]/gu;

const LONGEST_QUOTE = 120;
/** Levels of lists and objects that are written out; what is nested deeper could take more stack than there is. */
const MOST_LEVELS = 4;

/** A text in quotation marks: cut where it is long, with nothing in it that a terminal would obey. */
export function quote(text: string): string {
  const short = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}...` : text;
  return escaped(JSON.stringify(short));
}

/** The same of any value of JSON. */
export function quoteValue(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (isDeeper(value, MOST_LEVELS)) return 'something nested';
  const text = escaped(JSON.stringify(value) ?? 'missing');
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}...` : text;
}

function escaped(text: string): string {
  return text.replace(UNPRINTABLE, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}
