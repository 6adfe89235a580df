import { Random } from '../../../engine/index.ts';
import {
  type ClassWeighting,
  gatherRows,
  type LabelledRows,
  labelsOf,
  logisticScores,
  shuffled,
  takeRows,
} from '../../../evaluate/index.ts';
import type { Parts } from '../../../workflows/labelled/columns.ts';
import type { Scored } from '../../../workflows/labelled/outcome.ts';
import type { Named } from '../../../workflows/labelled/score.ts';
import type { Say } from '../../../workflows/progress.ts';
import { CommandError } from '../errors.ts';
import { plural } from '../text.ts';

export interface FewShotSettings {
  readonly draws: number;
  readonly seed: number;
  readonly classWeights: ClassWeighting;
}

/** Inverse strength of the penalty: fixed, since nothing is left to choose it by. */
const STRENGTH = 1;

/**
 * Learns from `shots` windows of each class, drawn anew `draws` times from the training part: the same ones for every kind of
 * columns. Columns are standardised by all training windows, whose labels are not looked at.
 * @throws CommandError where a class has fewer windows than that.
 */
export async function fewShotScored(
  named: Named,
  classes: readonly string[],
  { train, test }: Parts<LabelledRows>,
  shots: number,
  { draws, seed, classWeights }: FewShotSettings,
  say: Say,
): Promise<Scored> {
  const labels = labelsOf(train.targets);
  const random = new Random(seed, `${shots} shots`);
  const { columns } = train;
  const members = classes.map((_, index) => Array.from(labels.keys()).filter((row) => labels[row] === index));
  const short = members.flatMap((own, index) =>
    own.length < shots ? [`${classes[index]} has ${own.length}`] : [],
  );
  if (short.length > 0)
    throw new CommandError(
      `There are not ${plural(shots, 'training window')} of each class: ${short.join(', ')}; give fewer --shots.`,
    );
  const scores: Float64Array[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const rows = members.flatMap((own, index) => {
      const order = shuffled(own.length, random.fork(`draw ${draw} of class ${index}`));
      return [...order.subarray(0, shots)].map((place) => own[place] as number);
    });
    const few = { values: gatherRows(train, rows), columns };
    const fitted = logisticScores(few, takeRows(train.targets, rows), {
      c: STRENGTH,
      balanced: classWeights === 'balanced',
      standardizedBy: train,
    });
    scores.push(fitted(test));
    await say(`${plural(shots, 'shot')}, ${named.name}`, draw + 1, draws);
  }
  return { ...named, scores };
}
