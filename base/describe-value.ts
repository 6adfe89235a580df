import { quote } from './quote.ts';

/** A value that is not what was asked for, in words for a message: "the number 3", "a list", "missing (undefined)". */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'missing (undefined)';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'string') return `the text ${quote(value.slice(0, 40))}`;
  if (typeof value === 'object') return `a ${value.constructor?.name ?? 'plain object'}`;
  if (typeof value === 'function') return 'a function';
  return `the ${typeof value} ${String(value)}`;
}
