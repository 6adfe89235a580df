/** What a run amounts to, in the words of the command. */
import { MODALITY_NAMES } from '../../data/channels/wording.ts';
import { eachLength } from '../../data/index.ts';
import { findingsOf, type Losses, lossTable, yardstickLines } from '../../workflows/index.ts';
import type { Cutting, Outcome, TrainSettings } from '../messages.ts';

const NAMES: Readonly<Record<string, string>> = MODALITY_NAMES;

/** Seconds of windows that are as short as is of use. */
const SHORT_WINDOW = 1;

export function outcomeOf(
  losses: Losses,
  {
    conditioning,
    recipe,
    seconds,
  }: Pick<TrainSettings, 'conditioning' | 'recipe'> & Pick<Cutting, 'seconds'>,
): Outcome {
  const nameOf = (source: string) => NAMES[source] ?? source;
  const ways = [
    'train longer',
    ...(Math.max(...eachLength(seconds)) > SHORT_WINDOW ? ['on shorter windows'] : []),
    ...(recipe === 'quick' ? [] : ['by the recipe "quick"']),
  ];
  return {
    table: lossTable(losses, { digits: 3, nameOf }),
    findings: findingsOf(losses, { conditioning, ways, nameOf }),
    yardsticks: yardstickLines(losses),
  };
}
