import { expect, it } from 'vitest';
import { importsIn, importsOf, sourceFiles } from './imports.ts';
import { LAYERS, violation } from './layers.ts';

const files = sourceFiles();

it('finds no import in the sources that goes against the layers', () => {
  expect(importsOf(files).flatMap((one) => violation(one) ?? [])).toEqual([]);
});

it('knows every folder that has sources', () => {
  const rooms = new Set(files.filter((file) => file.includes('/')).map((file) => file.split('/')[0]));
  expect([...rooms].filter((room) => !(room as string).startsWith('.')).sort()).toEqual(
    Object.keys(LAYERS).sort(),
  );
});

it.each([
  ['a room above', 'engine/tensor.ts', '../model/index.ts', 'engine/ may import base/'],
  ['a room above, for its types', 'data/open.ts', '../workflows/index.ts', 'data/ may import base/'],
  ['the other of two that do not know each other', 'model/spotr.ts', '../data/index.ts', 'model/ may import'],
  ['the page, from the command', 'cli/embed.ts', '../demo/messages.ts', 'cli/ may import'],
  ['the command, from the page', 'demo/main.ts', '../cli/embed.ts', 'demo/ may import'],
  ['a verb, from another', 'cli/explore.ts', './embed.ts', 'no verb imports another'],
  ['a part of a verb, from another', 'cli/merge/check.ts', '../pretrain/run.ts', 'no verb imports another'],
  ['a verb, from what all share', 'cli/common/text.ts', '../embed.ts', 'what verbs share knows none'],
  ['a wing above', 'engine/gpu/recorder.ts', '../replay/plan.ts', 'gpu lies below replay'],
  ['the whole engine, from a wing', 'engine/matmul/tune.ts', '../engine.ts', 'matmul lies below engine'],
  ['Node, where browsers run it too', 'workflows/encode.ts', 'node:fs', 'runs in browsers too'],
  ['Node, from a reader of signals', 'data/open.ts', 'node:path', 'runs in browsers too'],
  ['an adapter, where none is opened', 'model/spotr.ts', '#platform', 'opens no adapter'],
  ['anything, from the ground', 'base/zip.ts', '../engine/errors.ts', 'base/ may import nothing'],
])('rejects an import of %s', (_, from, specifier, problem) => {
  for (const statement of [
    `import { a } from '${specifier}';`,
    `import type { A } from "${specifier}";`,
    `export * from '${specifier}';`,
    `import '${specifier}';`,
    `const { a } = await import('${specifier}');`,
  ]) {
    const found = importsIn(from, `// Any text.\n${statement}\n`).flatMap((one) => violation(one) ?? []);
    expect(found, statement).toEqual([expect.stringContaining(problem)]);
  }
});

it.each([
  ['cli/pretrain/run.ts', '../common/text.ts'],
  ['cli/pretrain.ts', './pretrain/run.ts'],
  ['cli/command.ts', './pretrain.ts'],
  ['data/open-node.ts', 'node:fs'],
  ['engine/platform/node.ts', 'node:fs'],
  ['engine/replay/plan.ts', '../gpu/recorder.ts'],
  ['engine/gpu/kernel.ts', '#platform'],
  ['workflows/encode.ts', '../model/index.ts'],
])('accepts in %s an import of %s', (from, specifier) => {
  expect(importsIn(from, `import { a } from '${specifier}';`).flatMap((one) => violation(one) ?? [])).toEqual(
    [],
  );
});

it('sees the worker that a file starts', () => {
  const text = "new Worker(new URL('./reader-worker.js', import.meta.url));";
  expect(importsIn('cli/common/reader.ts', text)).toEqual([
    { from: 'cli/common/reader.ts', to: 'cli/common/reader-worker.js' },
  ]);
});
