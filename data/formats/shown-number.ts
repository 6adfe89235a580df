/**
 * What stands in a field that should hold a number, for messages: in quotes where it is made of digits, signs and dots. All
 * else may have got there from a field about a patient (in a header whose bytes have moved, in a comment that lost its #), and
 * is not shown; `instead` stands there, as the sentence wants it.
 */
export function shownNumber(text: string, instead = 'no number'): string {
  return isShowable(text) ? `"${text}"` : instead;
}

/** The same for programs: nothing where it is not to be shown. */
export function foundNumber(text: string): { found?: string } {
  return isShowable(text) ? { found: text } : {};
}

function isShowable(text: string): boolean {
  return /^[-+.,\d\s]*(\de[-+]?\d+)?$/i.test(text);
}
