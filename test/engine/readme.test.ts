import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

it("runs the README's example of the engine on its own, in under 15 lines", async () => {
  const readme = readFileSync(`${ROOT}README.md`, 'utf8');
  const code = /```ts\n(import [\s\S]*?)```/.exec(readme)?.[1];
  expect(code, 'the TypeScript example in README.md').toBeDefined();
  const lines = (code as string).split('\n').filter((line) => line.trim() !== '');
  expect(lines.length).toBeLessThan(15);
  // Inside the package, so that it can import the package by its name as a user does.
  const file = `${ROOT}test/.readme-example.mts`;
  writeFileSync(file, code as string);
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', file], { cwd: ROOT });
    const values = (/\[([^\]]*)\]/.exec(stdout)?.[1] ?? '').split(',').map(Number);
    expect(values).toHaveLength(3);
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(i + 1, 1);
  } finally {
    rmSync(file, { force: true });
  }
});
