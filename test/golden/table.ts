import { table } from '../../cli/common/text.ts';
import type { CaseReport, Check, Quantity } from './compare.ts';

const HEADINGS = [
  'case',
  'outputs',
  'loss',
  'gradients',
  'worst against its tolerance',
  'error',
  'allowed',
  'verdict',
];

/** One line a case: largest errors by kind, the tensor nearest to its tolerance, and the verdict. */
export function reportTable(reports: readonly CaseReport[]): string[] {
  const notes = reports.flatMap(({ name, notes }) => notes.map((note) => `${name}: ${note}`));
  return [...table(HEADINGS, reports.map(row)), ...(notes.length > 0 ? ['', ...notes] : [])];
}

function row({ name, checks, failures, notes }: CaseReport): string[] {
  const worst = checks.reduce<Check | undefined>(
    (most, check) => (most && pressure(most) >= pressure(check) ? most : check),
    undefined,
  );
  const verdict =
    checks.length === 0
      ? 'NOTHING CHECKED'
      : failures.length > 0
        ? 'FAIL'
        : notes.length > 0
          ? 'PARTLY'
          : 'pass';
  return [
    name,
    largest(checks, 'outputs'),
    largest(checks, 'loss'),
    largest(checks, 'gradients'),
    worst?.tensor ?? '',
    worst ? show(worst.error) : '',
    worst ? show(worst.tolerance) : '',
    verdict,
  ];
}

/** How much of its tolerance an error takes up; an exact zero that holds takes none. */
function pressure({ error, tolerance }: Check): number {
  if (error === 0) return 0;
  return Number.isNaN(error) || tolerance === 0 ? Number.POSITIVE_INFINITY : error / tolerance;
}

function largest(checks: readonly Check[], quantity: Quantity): string {
  const errors = checks.filter((check) => check.quantity === quantity).map(({ error }) => error);
  if (errors.length === 0) return '-';
  return show(errors.some(Number.isNaN) ? Number.NaN : Math.max(...errors));
}

function show(value: number): string {
  return value === 0 ? '0' : value.toExponential(1);
}
