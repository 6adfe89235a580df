import type { Job } from './job.ts';

/** A filter that no row fits, or that is no filter. What a person can mend by other words. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
}

/**
 * All jobs that need not be asked for; with a filter, those whose id or shape contains the text, whatever its letter case,
 * or fits the expression between slashes.
 * @throws FilterError where nothing fits, with the families that there are
 */
export function filterJobs(jobs: readonly Job[], filter: string | undefined): readonly Job[] {
  if (filter === undefined) return jobs.filter(({ onlyAsked }) => !onlyAsked);
  const fits = predicate(filter);
  const chosen = jobs.filter(({ id, shape }) => fits(id) || fits(shape));
  if (chosen.length === 0) {
    const families = [...new Set(jobs.map(({ family }) => family))].join(', ');
    throw new FilterError(
      `No row fits the filter "${filter}"; the families are ${families}. A filter is part of a row's name, e.g. matmul/512 or "base 12x2000", or an expression between slashes.`,
    );
  }
  return chosen;
}

function predicate(filter: string): (text: string) => boolean {
  const expression = /^\/(.*)\/$/.exec(filter)?.[1];
  if (expression === undefined) return (text) => text.toLowerCase().includes(filter.toLowerCase());
  try {
    const compiled = new RegExp(expression, 'i');
    return (text) => compiled.test(text);
  } catch (cause) {
    throw new FilterError(
      `The filter ${filter} is no regular expression: ${cause instanceof Error ? cause.message : String(cause)}.`,
      { cause },
    );
  }
}
