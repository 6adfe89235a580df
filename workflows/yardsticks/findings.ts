/** What the losses amount to, source by source, in sentences: each says only what its numbers show. */
import type { Conditioning } from '../../model/index.ts';
import { showCount } from '../words.ts';
import type { Losses } from './losses.ts';
import { componentsOf, pcaLossOf } from './table.ts';

export interface FindingsOptions {
  readonly conditioning: Conditioning;
  /** What to do about sources above the floor: "train longer, or ...". */
  readonly advice: string;
  readonly nameOf?: (source: string) => string;
}

/** Share of the output's power between patches below which they are all alike, as far as anybody could see. */
const ALIKE = 0.01;

/** A sentence for each thing that was found; none where nothing was compared. */
export function findingsOf(
  losses: Losses,
  { conditioning, advice, nameOf = (source) => source }: FindingsOptions,
): string[] {
  const components = componentsOf(losses);
  if (components === undefined) return [];
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
    `${name} ended at ${part(heldOutLoss)}, above the position-blind floor of ${part(floor)}`;
  const isAlike = ({ own }: Found) => own.patchShare !== undefined && own.patchShare < ALIKE;
  say(above.filter(isAlike), beside, `SOURCES: the renderer gives every patch the same waveform; ${advice}.`);
  say(
    above.filter((one) => !isAlike(one)),
    beside,
    `SOURCES: one waveform repeated in each patch would lose less; ${advice}.`,
  );
  const below = found.filter((one) => !above.includes(one));
  const isBetter = ({ heldOutLoss, pca }: Found) => heldOutLoss < pca.loss;
  const besidePca = ({ name, part, heldOutLoss, pca }: Found) =>
    `${name} (${part(heldOutLoss)}; PCA ${part(pca.loss)})`;
  say(
    below.filter((one) => !isBetter(one)),
    besidePca,
    `Below the floor, but not below PCA-${components}: SOURCES. A linear code of ${components} numbers still loses no more.`,
  );
  const numbers =
    conditioning === 'cls'
      ? `Less is lost than by the linear code of as many numbers as the renderer sees`
      : `The renderer sees ${components} numbers of every token here, not ${components} in all, so this is no fair comparison`;
  say(below.filter(isBetter), besidePca, `Below PCA-${components}: SOURCES. ${numbers}.`);
  const few = found.filter(({ pca }) => pca.windows <= components);
  say(
    few,
    ({ name, pca }) => `${name} to ${showCount(pca.windows)}`,
    `PCA-${components} is fitted to few training windows, and so shows less than a linear code could do: SOURCES.`,
  );
  return sentences;
}
