/** Levels of lists and objects that are written out; what is nested deeper could take more stack than there is. */
const MOST_LEVELS = 4;
const MOST_CHARACTERS = 60;

/** The beginning of a value of JSON from a file, for a message. */
export function shownValue(value: unknown): string {
  if (isDeeper(value, MOST_LEVELS)) return 'something nested';
  return (JSON.stringify(value) ?? 'missing').slice(0, MOST_CHARACTERS);
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}
