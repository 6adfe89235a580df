/** What scores are of: windows one by one, or whole recordings. */
import { logProbabilities, rowCount, type Targets, takeRows } from '../../evaluate/index.ts';
import { plural, showCount } from '../words.ts';
import { type Placed, rowsOf, type Task } from './task.ts';

/** Rows that are scored and resampled, made of the test windows. */
export interface Level {
  readonly targets: Targets;
  /** Whose each row is: windows or recordings of one group are resampled together. */
  readonly groups: readonly string[];
  /** Scores [rows, classes] of these from those of the test windows, [windows, classes]. */
  readonly scoresOf: (windows: Float64Array) => Float64Array;
}

export function windowLevel(task: Task): Level {
  const test = rowsOf(task, 'test');
  return {
    targets: takeRows(task.targets, test),
    groups: test.map((row) => task.groups[row] as string),
    scoresOf: (windows) => windows,
  };
}

/**
 * Recordings of the test part, each scored by the mean of its windows' scores: log-odds of two classes, log-probabilities of more
 * (which are made to add up again), log-odds of each label where a window may have several. A clause on why not where the windows
 * of one recording are labelled differently, or where every recording is a single window.
 */
export function recordingLevel(task: Task): Level | string {
  const test = rowsOf(task, 'test');
  const { classes, many } = task.targets;
  const windows = takeRows(task.targets, test);
  // Of each recording the places of its windows among the test windows.
  const members = new Map<number, number[]>();
  for (const [at, row] of test.entries()) {
    const { recording } = task.places[row] as Placed;
    const own = members.get(recording);
    if (own) own.push(at);
    else members.set(recording, [at]);
  }
  const all = [...members.values()];
  if (all.length === rowCount(windows)) return 'every test recording is a single window';
  const marksOf = (at: number) => windows.marks.subarray(at * classes, (at + 1) * classes).join();
  const mixed = all.filter((own) => new Set(own.map(marksOf)).size > 1).length;
  if (mixed > 0)
    return `in ${showCount(mixed)} of ${plural(all.length, 'test recording')} windows are labelled differently`;
  const first = all.map(([at]) => at as number);
  return {
    targets: takeRows(windows, first),
    groups: first.map((at) => task.groups[test[at] as number] as string),
    scoresOf: (scores) => {
      const means = Float64Array.from({ length: all.length * classes }, (_, i) => {
        let mean = 0;
        // Step by step: so the mean of equal scores is that score, and what cannot be told apart stays tied.
        for (const [before, at] of (all[Math.floor(i / classes)] as number[]).entries())
          mean += ((scores[at * classes + (i % classes)] as number) - mean) / (before + 1);
        return mean;
      });
      // Only what adds up to one again can be ranked from recording to recording.
      return many ? means : logProbabilities(means, classes);
    },
  };
}
