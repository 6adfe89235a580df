import type { Row } from '../contract.ts';
import { verdicts } from '../report/kernels.ts';

/** Share of a step, in percent, below which what JavaScript costs should stay. */
const MOST_SCRIPT = 10;

/** What is asked of the rows, and how many of them hold it: a line each, with the row that is furthest from it. */
export function targetLines(rows: readonly Row[]): string[] {
  const lines = verdicts(rows).map(({ target, reached, of, short }) => {
    const [worst] = short;
    const unit = target.includes('%') ? ' %' : 'x';
    const furthest = worst ? `; furthest ${worst.id} with ${Number(worst.value.toPrecision(3))}${unit}` : '';
    return `${reached} of ${of} ${target}${furthest}`;
  });
  const scripts = rows.flatMap(({ id, more }) =>
    more?.scriptPercent === undefined ? [] : [{ id, percent: more.scriptPercent }],
  );
  if (scripts.length === 0) return lines;
  const over = scripts.filter(({ percent }) => percent >= MOST_SCRIPT);
  const worst = over.toSorted((a, b) => b.percent - a.percent)[0];
  const furthest = worst ? `; furthest ${worst.id} with ${Number(worst.percent.toPrecision(3))} %` : '';
  return [
    ...lines,
    `${scripts.length - over.length} of ${scripts.length} steps with less than ${MOST_SCRIPT} % of JavaScript${furthest}`,
  ];
}
