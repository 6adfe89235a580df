/** The table of losses on held-out windows, as command, report and page show it. */
import { plural, showCount } from '../words.ts';
import type { Losses, SourceLosses } from './losses.ts';

export interface LossTable {
  readonly headings: readonly string[];
  /** A row for each source, and their mean where there are several. */
  readonly rows: readonly (readonly string[])[];
  /** What the headings mean, in sentences. */
  readonly notes: readonly string[];
}

/** Mean over sources, each counting the same whatever its number of windows. */
export function meanOverSources(losses: Losses, of: (source: SourceLosses) => number): number {
  const values = [...losses.values()].map(of);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The number of components of the smaller code (PCA-d), where all sources were compared with one. */
export function componentsOf(losses: Losses): number | undefined {
  const all = [...losses.values()].map(({ yardsticks }) => yardsticks?.pca[0]?.components);
  return all.every((components) => components === all[0]) ? all[0] : undefined;
}

/** The loss of the code of so many components. */
export const pcaLossOf = ({ yardsticks }: SourceLosses, components: number) =>
  yardsticks?.pca.find((one) => one.components === components);

/** `digits` after the point of losses; `nameOf` says what a source is called. */
export function lossTable(
  losses: Losses,
  { digits, nameOf = (source) => source }: { digits: number; nameOf?: (source: string) => string },
): LossTable {
  const components = componentsOf(losses);
  const row = (
    name: string,
    {
      heldOutLoss,
      predictZeroLoss,
      windows,
    }: Pick<SourceLosses, 'heldOutLoss' | 'predictZeroLoss' | 'windows'>,
    others: readonly number[],
  ) => {
    const part = (loss: number) => (predictZeroLoss > 0 ? (loss / predictZeroLoss).toFixed(3) : '-');
    return [
      name,
      heldOutLoss.toFixed(digits),
      predictZeroLoss.toFixed(digits),
      predictZeroLoss > 0 ? part(heldOutLoss) : 'none: only zeros',
      ...others.map(part),
      showCount(windows),
    ];
  };
  const othersOf = (source: SourceLosses): number[] =>
    components === undefined
      ? []
      : [source.yardsticks?.positionBlindLoss, pcaLossOf(source, components)?.loss].map(
          (loss) => loss ?? Number.NaN,
        );
  const rows = [...losses].map(([source, own]) => row(nameOf(source), own, othersOf(own)));
  if (rows.length > 1) {
    const mean = {
      heldOutLoss: meanOverSources(losses, ({ heldOutLoss }) => heldOutLoss),
      predictZeroLoss: meanOverSources(losses, ({ predictZeroLoss }) => predictZeroLoss),
      windows: [...losses.values()].reduce((sum, { windows }) => sum + windows, 0),
    };
    const means = (components === undefined ? [] : [0, 1]).map((at) =>
      meanOverSources(losses, (source) => othersOf(source)[at] ?? Number.NaN),
    );
    rows.push(row('mean', mean, means));
  }
  const yardsticks = components === undefined ? [] : ['floor', `PCA-${components}`];
  return {
    headings: ['', 'held-out loss', 'predicting zero', 'ratio', ...yardsticks, 'windows'],
    rows,
    notes: [
      'Loss on windows that were held out of training; at a ratio of 1 the model is no better than predicting zero.',
      ...(components === undefined
        ? []
        : [
            `As ratios too: floor, the best waveform for each channel of a window, repeated in each patch (position-blind); PCA-${components}, the best linear code of ${components} numbers a window, fitted to ${fittedTo(losses, components)}.`,
          ]),
    ],
  };
}

/** How many training windows the components come from: `4,096 training windows`, `728 to 4,096 training windows`. */
function fittedTo(losses: Losses, components: number): string {
  const counts = [...losses.values()].map((source) => pcaLossOf(source, components)?.windows ?? 0);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return `${least === most ? '' : `${showCount(least)} to `}${plural(most, 'training window')}`;
}

/** Each yardstick of each source with its name, as curves draw them. */
export function yardstickLines(
  losses: Losses,
): { readonly source: string; readonly name: string; readonly loss: number }[] {
  const components = componentsOf(losses);
  return [...losses].flatMap(([source, own]) => {
    const { yardsticks } = own;
    const pca = components === undefined ? undefined : pcaLossOf(own, components);
    return [
      ...(yardsticks ? [{ source, name: 'position-blind floor', loss: yardsticks.positionBlindLoss }] : []),
      ...(pca ? [{ source, name: `PCA-${pca.components}`, loss: pca.loss }] : []),
    ];
  });
}
