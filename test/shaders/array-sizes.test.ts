import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kernelSource } from '../../engine/gpu/kernel.ts';
import { SHARED_VALUES } from '../../engine/kernels/norm.ts';
import { everyKernel } from '../support/every-kernel.ts';
import { declared, loosenedArrays } from './array-sizes.ts';

const FOLDER = new URL('../../shaders/', import.meta.url);
const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.wgsl'),
);
const texts = new Map(files.map((file) => [file, readFileSync(new URL(file, FOLDER), 'utf8')]));

/** Of all files, since a file may be joined to any other; a name that is an override anywhere is none. */
function constants(): Set<string> {
  const overrides = new Set([...texts.values()].flatMap((text) => [...declared('override', text)]));
  const consts = [...texts.values()].flatMap((text) => [...declared('const', text)]);
  return new Set(consts.filter((name) => !overrides.has(name)));
}

describe('no array is sized by an override', () => {
  it('in any file of shaders/', () => {
    expect(texts.size).toBeGreaterThan(40);
    const found = [...texts].flatMap(([file, text]) =>
      loosenedArrays(text, constants()).map(({ size, line }) => `${file}:${line} has an array of "${size}"`),
    );
    expect(found).toEqual([]);
  });

  it('in any kernel, joined, of any element types', () => {
    const kernels = everyKernel();
    expect(kernels.length).toBeGreaterThan(200);
    const found = kernels.flatMap((kernel) =>
      loosenedArrays(kernelSource(kernel)).map(({ size }) => `${kernel.name} has an array of "${size}"`),
    );
    expect(found).toEqual([]);
  });
});

it('the arrays that tiles share are as long as the host takes them to be', () => {
  for (const file of ['lib/rows.wgsl', 'lib/columns.wgsl']) {
    const sizes = [...(texts.get(file) ?? '').matchAll(/^var<workgroup> \w+: array<\w+, (\d+)>;$/gm)];
    expect(
      sizes.map(([, size]) => Number(size)),
      file,
    ).toEqual([SHARED_VALUES]);
  }
});

describe('the check itself', () => {
  const names = (wgsl: string) => loosenedArrays(wgsl).map(({ name }) => name);

  it.each([
    ['a name', 'override N: u32 = 4; var<workgroup> w: array<f32, N>;', ['N']],
    ['an expression', 'override N: u32 = 4; var<workgroup> w: array<f32, 2u * N + 1u>;', ['N']],
    [
      'several lines and comments',
      '@id(3) override\n  N\n= 4u;\nvar<workgroup> w /* : */ : array <\n  f32, // four\n  N\n>;',
      ['N'],
    ],
    [
      'an override of an override',
      'override A = 4u; override B = A * 2u; var<workgroup> w: array<f32, B>;',
      ['B'],
    ],
    ['an array within an array', 'override N = 4u; var<workgroup> w: array<array<vec2<f32>, N>, 4>;', ['N']],
    ['an array of arrays', 'override N = 4u; var<workgroup> w: array<array<vec2<f32>, 4>, N>;', ['N']],
    ['an alias', 'override N = 4u; alias Row = array<f32, N>; var<workgroup> w: Row;', ['N']],
    ['a member', 'override N = 4u; struct S { a: array<f32, N,>, b: f32 }', ['N']],
    ['brackets and shifts', 'override N = 4u; var<workgroup> w: array<f32, (N > 2u) << 1u>;', ['N']],
    ['a name from another file', 'var<workgroup> w: array<f32, COLUMNS>;', ['COLUMNS']],
  ])('finds %s', (_, wgsl, expected) => {
    expect(names(wgsl)).toEqual(expected);
  });

  it('takes numbers, constants and arrays without a size', () => {
    const wgsl = `
      override N: u32 = 4;
      const M = 4u;
      var<workgroup> a: array<f32, 256>;
      var<workgroup> b: array<mat4x4f, M * 0x10u>;
      // var<workgroup> c: array<f32, N>;
      /* /* nested */ var<workgroup> d: array<f32, N>; */
      @group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
      fn f(my_array: u32) -> bool { return my_array < N; }`;
    expect(names(wgsl)).toEqual([]);
  });

  it('says the line', () => {
    expect(loosenedArrays('override N = 1u; /*\n\n*/\nvar<workgroup> w: array<f32, N>;')).toEqual([
      { size: 'N', name: 'N', line: 4 },
    ]);
  });
});
