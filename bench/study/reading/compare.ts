/** The differences that tell whether a token reads. */
import { LEVELS, type LevelName, rowOf } from '../outcomes.ts';
import { modelsOf, type Study, type TaskResults } from '../plan.ts';
import type { StudyTask } from '../tasks.ts';
import { type Pooled, pooledDifference } from './pool.ts';

/** Of two rows of a probe, by their ids. Both are read in the same way, so that the difference is of what is read. */
export interface Comparison {
  readonly one: string;
  readonly other: string;
  /** The difference, as a row of a table is called. */
  readonly title: string;
  readonly verb: 'beats' | 'adds to';
  /** What is beaten or added to. */
  readonly what: string;
}

export const COMPARISONS: readonly Comparison[] = [
  {
    ...{ one: 'token-logistic', other: 'random-logistic' },
    ...{ title: 'token less random encoder', verb: 'beats', what: 'the random encoder' },
  },
  {
    ...{ one: 'token', other: 'random', title: 'token less random encoder, both by the probe' },
    ...{ verb: 'beats', what: 'the random encoder where the probe reads both' },
  },
  {
    ...{ one: 'token-logistic', other: 'handcrafted' },
    ...{ title: 'token less handcrafted', verb: 'beats', what: 'the handcrafted features' },
  },
  {
    ...{ one: 'token-logistic', other: 'bands' },
    ...{ title: 'token less 24 log bands', verb: 'beats', what: 'the 24 log bands' },
  },
  {
    ...{ one: 'handcrafted-token', other: 'handcrafted' },
    ...{ title: 'what the token adds to handcrafted', verb: 'adds to', what: 'the handcrafted features' },
  },
  {
    ...{ one: 'handcrafted-bands-token', other: 'handcrafted-bands', verb: 'adds to' },
    ...{ title: 'what the token adds to handcrafted and bands', what: 'the handcrafted features and bands' },
  },
];

/** One comparison of one model on one task at one level. */
export interface Compared {
  readonly task: StudyTask;
  readonly level: LevelName;
  /** Size and recipe. */
  readonly model: string;
  readonly comparison: Comparison;
  readonly difference: Pooled;
}

/** Results of one model, a seed each. */
export const resultsOf = (results: TaskResults, model: string) =>
  results.filter(({ variant }) => variant.title === model).map(({ result }) => result);

/** All that can be compared. */
export function comparedIn(study: Study): Compared[] {
  return study.tasks.flatMap(({ task, results }) =>
    LEVELS.flatMap((level) =>
      modelsOf(study).flatMap((model) =>
        COMPARISONS.flatMap((comparison): Compared[] => {
          const pairs = resultsOf(results, model).flatMap(({ rows }) => {
            const [one, other] = [rowOf(rows[level], comparison.one), rowOf(rows[level], comparison.other)];
            return one && other ? [{ one, other }] : [];
          });
          if (pairs.length === 0) return [];
          return [{ task, level, model, comparison, difference: pooledDifference(pairs) }];
        }),
      ),
    ),
  );
}
