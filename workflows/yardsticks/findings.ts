/** What the losses amount to, source by source, in sentences: each says only what its numbers show. */
import type { Conditioning } from '../../model/index.ts';
import { showCount } from '../words.ts';
import type { Losses } from './losses.ts';
import { componentsOf, pcaLossOf } from './table.ts';

export interface FindingsOptions {
  readonly conditioning: Conditioning;
  /** What can be done about sources above the floor, as far as it is not done yet: "train longer". None where nobody trains on. */
  readonly ways: readonly string[];
  readonly nameOf?: (source: string) => string;
}

/** Share of the output's power between patches below which they are all alike, as far as anybody could see. */
const ALIKE = 0.01;

/** A sentence for each thing that was found; none where nothing was compared. */
export function findingsOf(
  losses: Losses,
  { conditioning, ways, nameOf = (source) => source }: FindingsOptions,
): string[] {
  const components = componentsOf(losses);
  if (components === undefined) return [];
  const choice = ways.length < 2 ? ways.join() : `${ways.slice(0, -1).join(', ')} or ${ways.at(-1)}`;
  const advice = choice === '' ? '' : `; ${choice}`;
  const found = [...losses].flatMap(([source, own]) => {
    const { yardsticks, predictZeroLoss, heldOutLoss } = own;
    const pca = pcaLossOf(own, components);
    if (!yardsticks || !pca || !(predictZeroLoss > 0)) return [];
    const part = (loss: number) => (loss / predictZeroLoss).toFixed(3);
    return [{ name: nameOf(source), own, pca, part, heldOutLoss, floor: yardsticks.positionBlindLoss }];
  });
  type Found = (typeof found)[number];
  const sentences: string[] = [];
  const say = (some: readonly Found[], detail: (one: Found) => string, words: string) => {
    if (some.length > 0) sentences.push(words.replace('SOURCES', () => some.map(detail).join(', ')));
  };
  const above = found.filter(({ heldOutLoss, floor }) => heldOutLoss > floor);
  const beside = ({ name, part, heldOutLoss, floor }: Found) =>
    `${name} (${part(heldOutLoss)}; floor ${part(floor)})`;
  const isAlike = ({ own }: Found) => own.patchShare !== undefined && own.patchShare < ALIKE;
  say(
    above.filter(isAlike),
    beside,
    `SOURCES ended above the position-blind floor, and the renderer outputs the same waveform in every patch${advice}.`,
  );
  say(
    above.filter((one) => !isAlike(one)),
    beside,
    `SOURCES ended above the position-blind floor: one waveform repeated in each patch would lose less${advice}.`,
  );
  const below = found.filter((one) => !above.includes(one));
  const isBetter = ({ heldOutLoss, pca }: Found) => heldOutLoss < pca.loss;
  const besidePca = ({ name, part, heldOutLoss, pca }: Found) =>
    `${name} (${part(heldOutLoss)}; PCA ${part(pca.loss)})`;
  say(
    below.filter((one) => !isBetter(one)),
    besidePca,
    `SOURCES ended below the floor, as no waveform repeated in each patch can, but not below PCA-${components}: the best linear code of ${components} numbers loses no more.`,
  );
  const numbers =
    conditioning === 'cls'
      ? 'less is lost than by a linear code of as many numbers as the renderer sees'
      : `but the renderer sees ${components} numbers of every token here, where that code has ${components} in all`;
  say(below.filter(isBetter), besidePca, `SOURCES ended below PCA-${components}: ${numbers}.`);
  const few = found.filter(({ pca }) => pca.windows <= components);
  say(
    few,
    ({ name, pca }) => `${name} to ${showCount(pca.windows)}`,
    `PCA-${components} underestimates a linear code where it is fitted to as few training windows as here: SOURCES.`,
  );
  return sentences;
}
