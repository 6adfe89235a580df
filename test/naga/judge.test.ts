import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { notTested } from '../support/not-tested.ts';
import { bundle } from './bundle.ts';
import { denoProgram, inDeno, type Outcome, useOneDriver } from './child.ts';
import type { Said } from './job.ts';
import { judge } from './judge.ts';

const open: Said = { is: 'open', adapter: 'A', features: [] };
const outcome = (said: readonly Said[], failures: readonly string[] = []): Outcome => ({
  said: [open, ...said],
  failures,
});
const dawn = { adapter: 'A via Dawn', losses: [2, 1], weights: { w: 'ab' } };

describe('what was seen on wgpu is judged', () => {
  it('as wrong where losses differ, are not numbers, or are too few', () => {
    const problems = (...losses: number[]) =>
      judge.training(outcome([{ is: 'trained', losses, weights: { w: 'ab' } }]), dawn, 2).problems;
    expect(problems(2, 1 + 5e-7)).toEqual([]);
    expect(problems(2, 1.00001)).toEqual(['step 2 has the loss 1.00001, and 1 on Dawn']);
    expect(problems(Number.NaN, 1)).toHaveLength(1);
    expect(problems(2)).toHaveLength(1);
    expect(judge.training(outcome([]), dawn, 2).problems).toHaveLength(1);
  });

  it('as wrong where an operation was not tried to the end, or none was', () => {
    const op: Said = { is: 'op', op: 'add', f32: 4, f16: 0 };
    expect(judge.operations(outcome([op]), ['add'], 4).problems).toEqual([]);
    expect(judge.operations(outcome([op]), ['add'], 4).lines[0]).toContain(
      '1 of 1 operations right, 4 cases each',
    );
    expect(judge.operations(outcome([op]), ['add', 'mul'], 4).problems).toEqual([
      'not tried to the end: mul',
    ]);
    expect(judge.operations(outcome([{ ...op, f32: 3 }]), ['add'], 4).problems).toContain(
      'not tried to the end: add',
    );
    const slow: Said = { is: 'too slow', what: 'mul' };
    expect(judge.operations(outcome([op, slow]), ['add', 'mul'], 4).problems).toEqual([]);
    expect(judge.operations(outcome([op, slow]), ['add', 'mul'], 4).lines.at(-1)).toMatch(/^NOT TRIED: mul/);
    expect(judge.operations(outcome([]), [], 4).problems).toHaveLength(1);
  });

  it('as wrong where no pipeline was made, and says what was left out', () => {
    const leftOut: Said = { is: 'left out', kernel: 'b', feature: 'subgroups' };
    const seen = judge.kernels(outcome([leftOut, { is: 'compiled', pipelines: 3 }]), ['a', 'b']);
    expect(seen).toEqual({
      lines: [
        '1 of 2 kernels compiled, in 3 pipelines',
        'NOT COMPILED: 1 kernels that need "subgroups", which wgpu does not offer here',
      ],
      problems: [],
    });
    expect(judge.kernels(outcome([]), ['a']).problems).toHaveLength(1);
    expect(judge.kernels(outcome([leftOut]), ['b']).problems).toHaveLength(1);
    expect(judge.kernels(outcome([], ['a: no']), []).problems).toContain('a: no');
  });
});

const program = denoProgram();
if (program === null)
  notTested('the judge of wgpu', `there is no Deno for ${process.platform}-${process.arch}`);

describe.runIf(program !== null)('in Deno', () => {
  it('a module that naga panics on is a failure with its last words, one that it takes is none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spotr-naga-'));
    const before = { ...process.env };
    try {
      useOneDriver();
      const script = await bundle(folder);
      const compile = (size: string) =>
        inDeno(program as string, script, {
          do: 'module',
          wgsl: `override A: u32 = 4; var<workgroup> w: array<f32, ${size}>; override B: u32 = 1;
            @compute @workgroup_size(1) fn main() { w[0] = f32(A * B); }`,
        });
      expect((await compile('4')).failures).toEqual([]);
      const { failures } = await compile('A * 1');
      expect(failures).toHaveLength(1);
      expect(failures[0]).toMatch(/^Deno ended with .*at a module:.*panicked at .*naga/s);
    } finally {
      for (const name of ['VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES', 'LD_LIBRARY_PATH']) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
      rmSync(folder, { recursive: true });
    }
  });
});
