/** The first `most` of some names, and how many more there are: `a, b and 3 more`. */
export function firstNames(names: readonly string[], most: number, separator = ', '): string {
  const rest = names.length - most;
  return `${names.slice(0, most).join(separator)}${rest > 0 ? ` and ${rest.toLocaleString('en-US')} more` : ''}`;
}
