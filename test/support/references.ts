import type { AnyReference } from './reference.ts';

/** Every reference of `test/reference/`, found by looking at the folder. */
const modules = import.meta.glob<{ default: AnyReference | readonly AnyReference[] }>('../reference/*.ts', {
  eager: true,
});

export const references: readonly AnyReference[] = Object.values(modules).flatMap(
  ({ default: found }) => found,
);
