import { describe, expect, it } from 'vitest';
import { CaseReport, type Deviation } from './compare.ts';
import { kindOf } from './module-kinds.ts';
import { reportTable } from './table.ts';

const deviation = (relative: number, absolute = relative): Deviation => ({
  f32_rel_l2_err: relative,
  f32_max_abs_err: absolute,
  max_abs_truth: 1,
});

const truth = (...data: number[]) => ({ shape: [1, data.length], data: Float64Array.from(data) });

/** Tolerances of what was checked, and whether it passed. */
function outcome(check: (report: CaseReport) => void, deviations: Record<string, Deviation> = {}) {
  const report = new CaseReport('case', deviations);
  check(report);
  return {
    passes: report.failures.length === 0,
    tolerances: report.checks.map(({ tolerance }) => tolerance),
  };
}

describe('the judge of the reference values', () => {
  it('allows 1e-5, 1e-4 for gradients, or ten times the deviation of PyTorch, and no more', () => {
    const tolerance = (quantity: 'outputs' | 'gradients', listed?: number) =>
      outcome(
        (report) => report.tensor(quantity, 'x', [1], truth(1)),
        listed === undefined ? {} : { x: deviation(listed) },
      ).tolerances;
    expect(tolerance('outputs')).toEqual([1e-5]);
    expect(tolerance('outputs', 1e-7)).toEqual([1e-5]);
    expect(tolerance('outputs', 3e-6)).toEqual([3e-5]);
    expect(tolerance('gradients')).toEqual([1e-4]);
    expect(tolerance('gradients', 1e-3)).toEqual([1e-2]);
    // Where PyTorch's own result is noise, that would be a pass for anything.
    expect(tolerance('outputs', 244)).toEqual([0.1]);
  });

  it.each([
    ['a wrong value', (r: CaseReport) => r.tensor('outputs', 'x', [1, 2.0001], truth(1, 2)), false],
    ['a right one', (r: CaseReport) => r.tensor('outputs', 'x', [1, 2.000001], truth(1, 2)), true],
    ['NaN', (r: CaseReport) => r.tensor('outputs', 'x', [1, Number.NaN], truth(1, 2)), false],
    [
      'a tensor of zeros that is not',
      (r: CaseReport) => r.tensor('outputs', 'x', [0, 1e-30], truth(0, 0)),
      false,
    ],
    ['a tensor of zeros', (r: CaseReport) => r.tensor('outputs', 'x', [0, 0], truth(0, 0)), true],
    ['a wrong number', (r: CaseReport) => r.series('loss', 'x', [1, 1.0001], truth(1, 1)), false],
    ['a wrong sample', (r: CaseReport) => r.elements('gradients', 'x', [0.1, 0.0003], [0.1, 0], 1), false],
    ['a loss that does not cancel right', (r: CaseReport) => r.cancelling('x', 1.001, 1, 5), false],
  ])('judges %s', (_, check, passes) => {
    expect(outcome(check).passes).toBe(passes);
  });

  it('wants rows of zeros to be zeros among others', () => {
    const rows = { shape: [2, 2], data: Float64Array.of(1, 2, 0, 0) };
    expect(outcome((report) => report.tensor('outputs', 'x', [1, 2, 0, 0], rows)).passes).toBe(true);
    expect(outcome((report) => report.tensor('outputs', 'x', [1, 2, 0, 1e-9], rows)).passes).toBe(false);
  });

  it('judges samples by norm, sum and elements', () => {
    const samples = { shape: [3], l2: 5, sum: 7, max_abs: 4, idx: [0, 2], val: [3, 4] };
    const judge = (...ours: number[]) =>
      outcome((report) => report.samples('gradients', 'x', Float32Array.from(ours), samples)).passes;
    expect(judge(3, 0, 4)).toBe(true);
    expect(judge(3, 0.5, 4)).toBe(false);
    expect(judge(4, 0, 3)).toBe(false);
    expect(judge(-3, 0, -4)).toBe(false);
  });

  it('names the worst tensor, and says FAIL', () => {
    const report = new CaseReport('case', {});
    report.tensor('outputs', 'fine', [1], truth(1));
    report.tensor('gradients', 'poor', [1.1], truth(1));
    expect(reportTable([report])[1]).toMatch(/^case .* poor .* FAIL$/);
  });

  it('tells kinds of modules by the beginning of their names, the longest that fits', () => {
    expect(kindOf('decoder_block_two')).toBe('decoder_block');
    expect(kindOf('decoder_two')).toBe('decoder');
    expect(kindOf('silu')).toBe('silu');
    expect(kindOf('silux')).toBeUndefined();
    expect(kindOf('mixer_a')).toBeUndefined();
  });
});
