import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SpotrError } from '../../base/errors.ts';
import { CheckpointError } from '../../checkpoint/index.ts';
import { FolderBusyError } from '../../cli/common/folder-lock.ts';
import { FormatError } from '../../data/index.ts';
import { ShapeError } from '../../engine/index.ts';
import { ROOT, sourceFiles } from './imports.ts';

interface Declared {
  readonly file: string;
  readonly name: string;
  readonly parent: string;
  readonly ownName: string | undefined;
  readonly code: string | undefined;
}

const product = sourceFiles().filter((file) =>
  /^(?:base|engine|model|checkpoint|evaluate|data|workflows|figures|cli|demo)\//.test(file),
);
const declared = product.flatMap((file): Declared[] => {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const classes = [...text.matchAll(/class (\w+) extends (\w+) \{([\s\S]*?)\n\}/g)];
  return classes.map(([, name = '', parent = '', body = '']) => ({
    ...{ file, name, parent },
    ownName: /readonly name(?:: string)? = '(\w+)'/.exec(body)?.[1],
    code: /readonly code(?:: string)? = '([\w-]+)'/.exec(body)?.[1],
  }));
});

/** From a class up to what no class of ours extends. */
function rootOf(name: string): string {
  const parent = declared.find((one) => one.name === name)?.parent;
  return parent === undefined ? name : rootOf(parent);
}

/** Signals within one mechanism, which whoever raises them also catches. */
const WITHIN = ['RateMismatch', 'CannotPeek', 'Superseded'];

it('throws nothing of its own that is no SpotrError', () => {
  const bare = declared.filter(({ name, parent }) => name !== 'SpotrError' && parent === 'Error');
  expect(bare.map(({ name }) => name).sort()).toEqual(WITHIN.toSorted());
});

it('has a name and a code for each class of errors, no code twice', () => {
  const errors = declared.filter(
    ({ name }) => rootOf(name) === 'Error' && !WITHIN.includes(name) && name !== 'SpotrError',
  );
  expect(errors.length).toBeGreaterThan(15);
  const codes = errors.flatMap(({ name, parent, ownName, code }) => {
    // One that means what its parent means, for whoever catches it nearby.
    if (name === 'MissingSamples') return [];
    expect(ownName, `name of ${name}, which extends ${parent}`).toBe(name);
    return [code ?? `${name} has no code`];
  });
  expect(codes.toSorted()).toEqual([...new Set(codes)].toSorted());
  expect(codes.filter((code) => code.endsWith('has no code'))).toEqual([]);
});

it.each([
  [new ShapeError('a'), 'ShapeError', 'shape'],
  [new FormatError('a.edf', 'is cut.', 'Copy it again.'), 'FormatError', 'format'],
  [new CheckpointError('a'), 'CheckpointError', 'checkpoint'],
  [new FolderBusyError('a'), 'FolderBusyError', 'folder-busy'],
])('programs know an error by its root and its code: %s', (error, name, code) => {
  expect(error).toBeInstanceOf(SpotrError);
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name, code });
  expect(`${error}`).toMatch(new RegExp(`^${name}: a`));
});
