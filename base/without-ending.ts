/** A file's path or name without the ending of its format: `a/b.edf` is `a/b`. */
export const withoutEnding = (path: string): string => path.replace(/\.[^./]*$/, '');
