import type { Numbers } from './stored.ts';

/** An array in a file, or an attribute of a group or an array (whose name is then `PATH@ATTRIBUTE`). */
export interface Variable {
  /** With / or . between the parts of a path; empty where the file holds one array without a name. */
  name: string;
  shape: readonly number[];
  /** Of its elements, in words: "float32", "text", "complex numbers". */
  kind: string;
  /** Undefined where the elements are no real numbers, or lie along more than two axes. */
  numbers?: Numbers;
  texts?(): Promise<string[]>;
}

export interface VariableFile {
  /** For messages and as the recording's name. */
  name: string;
  /** In words. */
  format: string;
  variables: readonly Variable[];
  notes?: readonly string[];
}

/** "b" of "a/b", "a.b" and "a@b". */
export function lastPart(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('.'), name.lastIndexOf('@')) + 1);
}

/** "3 x 1000 float32". */
export function shown({ shape, kind }: Pick<Variable, 'shape' | 'kind'>): string {
  return `${shapeText(shape)} ${kind}`;
}

export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'one' : shape.join(' x ');
}

/** "a/b/x" can be described by "a/b/x@...", "a/b/...", "a/b@...", "a/...", "a@...", "..." and "@...". */
export function scopesOf(name: string): string[] {
  const scopes = [`${name}@`];
  for (let rest = name; ; ) {
    const cut = Math.max(rest.lastIndexOf('/'), rest.lastIndexOf('.'));
    if (cut < 0) return [...scopes, '', '@'];
    scopes.push(rest.slice(0, cut + 1), `${rest.slice(0, cut)}@`);
    rest = rest.slice(0, cut);
  }
}
