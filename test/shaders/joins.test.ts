import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readShader } from '#platform';
import { joinedFiles, joinedText, joinsOf } from '../../engine/gpu/joins.ts';
import { defineKernel, filesOf, type KernelSpec, kernelSource } from '../../engine/gpu/kernel.ts';
import { KernelError } from '../../engine/index.ts';
import { everyKernel } from '../support/every-kernel.ts';
import { withoutComments } from './array-sizes.ts';
import { openTint } from './tint.ts';

const files = readdirSync(new URL('../../shaders/', import.meta.url), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.wgsl'))
  .map((file) => file.slice(0, -'.wgsl'.length).replaceAll('\\', '/'))
  .sort();
const kernelFiles = files.filter((file) => joinsOf(readShader(file)) !== null);
const pieces = files.filter((file) => !kernelFiles.includes(file));

/** The engine asks the device with it before there are kernels. */
const QUESTION = 'matmul/quads_in_order';

/** Without those of benchmarks, which bring their text. */
const kernels = everyKernel().filter(({ shader }) => typeof shader === 'string');

describe('the files of shaders/', () => {
  it('are pieces in lib/, and outside it kernels that say in their first line what they join', () => {
    expect(kernelFiles.length).toBeGreaterThan(20);
    expect(pieces).toEqual(files.filter((file) => file.startsWith('lib/')));
    for (const piece of pieces) expect(readShader(piece), piece).not.toMatch(/@compute|\/\/ joins:/);
  });

  it('have all their bindings at the top, before the first function', () => {
    const late = files.filter((file) => /^fn [\s\S]*@binding/m.test(withoutComments(readShader(file))));
    expect(late).toEqual([]);
    expect(files.filter((file) => readShader(file).includes('@binding')).length).toBeGreaterThan(25);
  });

  it('are each in a kernel that is dispatched: every piece, and every choice of every line', () => {
    const joined = new Set([QUESTION, ...kernels.flatMap(filesOf)]);
    expect(files).toEqual([...joined].sort());
    const taken = new Set(
      kernels.flatMap((kernel) => filesOf(kernel).map((file) => `${kernel.shader} ${file}`)),
    );
    const offered = kernelFiles.flatMap((file) =>
      (joinsOf(readShader(file)) ?? []).flat().map((one) => `${file} ${one}`),
    );
    expect(offered.filter((one) => !taken.has(one))).toEqual([]);
  });

  it('join no piece of which they use nothing', () => {
    const joined = new Set<string>();
    const used = new Set<string>();
    for (const { expressions, ...kernel } of kernels) {
      const all = filesOf(kernel);
      const inRow = Object.values(expressions ?? {}).flatMap(wordsOf);
      for (const piece of all.slice(0, -1)) {
        const words = new Set([...inRow, ...all.flatMap((file) => (file === piece ? [] : wordsIn(file)))]);
        const declared = namesIn(piece);
        joined.add(`${kernel.shader} ${piece}`);
        // A piece that declares nothing holds directives, without which Tint would not compile.
        if (declared.length === 0 || declared.some((name) => words.has(name)))
          used.add(`${kernel.shader} ${piece}`);
      }
    }
    expect([...joined].filter((one) => !used.has(one))).toEqual([]);
  });
});

const wordsOf = (wgsl: string): string[] => wgsl.match(/[A-Za-z_]\w*/g) ?? [];
const wordsIn = once((file) => [...new Set(wordsOf(withoutComments(readShader(file))))]);
const namesIn = once((file) =>
  Array.from(
    withoutComments(readShader(file)).matchAll(/^(?:fn|alias|const|override|struct|var<\w+>)\s+(\w+)/gm),
    ([, name = '']) => name,
  ),
);

function once(work: (file: string) => string[]): (file: string) => string[] {
  const known = new Map<string, string[]>();
  return (file) => {
    const result = known.get(file) ?? work(file);
    known.set(file, result);
    return result;
  };
}

it('Tint compiles every kernel as it is joined, for all element types and constants', async () => {
  const compile = await openTint();
  expect(kernels.length).toBeGreaterThan(400);
  const wrong = await Promise.all(kernels.map(compile));
  expect(wrong.flat()).toEqual([]);
  // The check itself: Tint is asked for each kernel anew.
  const wrongEntry = { ...spec('optim/adamw'), name: 'test of no such entry', entry: 'adamw_with_copies' };
  expect((await compile(defineKernel(wrongEntry))).join()).toMatch(
    /does not compile[\s\S]*adamw_with_copies/,
  );
});

const spec = (shader: string): KernelSpec => ({
  name: `test ${shader}`,
  shader,
  entry: 'forward',
  reads: 1,
  writes: 1,
  uniforms: {},
});

describe('a joins line', () => {
  it.each([
    ['// joins: lib/a, lib/b\n', [['lib/a'], ['lib/b']]],
    ['// joins: lib/a_{1,4},lib/b\r\n', [['lib/a_1', 'lib/a_4'], ['lib/b']]],
    ['// joins: x{,_wide}y', [['xy', 'x_widey']]],
    ['// joins: nothing\nfn f() {}', []],
    ['// A piece.\n// joins: lib/a', null],
    ['//joins: lib/a', null],
    ['', null],
  ])('%j', (text, joins) => expect(joinsOf(text)).toEqual(joins));

  it('gives the files in its order, the kernel last, with the one picked of each choice', () => {
    const picks = new Set(['lib/stored_f16', 'lib/result_f32', 'lib/values_4', 'lib/never']);
    expect(joinedFiles('elementwise/cast', picks)).toEqual([
      'lib/stored_f16',
      'lib/result_f32',
      'lib/values_4',
      'elementwise/cast',
    ]);
  });

  it('puts directives first, once each, however many pieces have them', () => {
    const text = withoutComments(joinedText(['lib/stored_f16', 'lib/result_f16', 'lib/subgroups']));
    expect(text.match(/^(enable|diagnostic|alias \w+)/gm)).toEqual([
      'enable',
      'enable',
      'diagnostic',
      'alias Stored',
      'alias Stored4',
      'alias Result',
      'alias Result4',
    ]);
    expect(text).toMatch(/^enable f16;\nenable subgroups;\ndiagnostic\(off, subgroup_uniformity\);\n/);
  });

  it('is refused where there is none, where a choice is not made or made twice, and where a pick is not offered', () => {
    const picked =
      (...picks: string[]) =>
      () =>
        joinedFiles('elementwise/cast', new Set(['lib/stored_f32', 'lib/result_f32', ...picks]));
    expect(() => joinedFiles('lib/ieee', new Set())).toThrow(/^shaders\/lib\/ieee.wgsl does not begin with/);
    expect(picked()).toThrow(
      'shaders/elementwise/cast.wgsl joins one of lib/values_1, lib/values_4, but none was picked',
    );
    expect(picked('lib/values_1', 'lib/values_4')).toThrow('but lib/values_1 and lib/values_4 was picked');
    expect(picked('lib/values_1')).not.toThrow();
    const kernel = (more: Partial<KernelSpec>) => () =>
      kernelSource(
        defineKernel({ ...spec('optim/loss_scale'), name: `test ${JSON.stringify(more)}`, ...more }),
      );
    expect(kernel({})).not.toThrow();
    expect(kernel({ picks: ['lib/rows'] })).toThrow(
      'it takes lib/rows, which the first line of shaders/optim/loss_scale.wgsl does not offer',
    );
    expect(kernel({ elements: { stored: [0] } })).toThrow(/takes lib\/stored_f32, .* does not offer/);
    expect(kernel({ shader: 'optim/no_such' })).toThrow("there is no shader 'optim/no_such'");
    expect(kernel({ picks: ['lib/rows'] })).toThrow(KernelError);
  });
});
