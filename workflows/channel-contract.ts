/** How recordings' channels go with those that weights were trained on, in words. */
import { firstNames } from '../base/first-names.ts';
import { type ChannelContract, type ChannelFit, groupBy, kindInWords, kindsInWords } from '../data/index.ts';
import { plural } from './words.ts';

/** Names beyond which a list says no more. */
const MAX_NAMED = 6;

const named = (names: readonly string[]): string =>
  firstNames(
    names.map((name) => `"${name}"`),
    MAX_NAMED,
  );

/** `same` names in the trained order; `reordered` into it; `partial`: some missing, or some that were not trained; `own` order. */
export type ChannelOrder = 'same' | 'reordered' | 'partial' | 'own';

/** What was done with the channels of a recording. */
export interface ChannelUse {
  readonly order: ChannelOrder;
  /** One sentence without its stop, from facts of this recording. */
  readonly text: string;
}

/** Of one recording, or of several that share it. */
export function channelUse(fit: ChannelFit, { kinds, rows: trainedRows, more }: ChannelContract): ChannelUse {
  const { montage, rows, missing, extra, isReordered, otherUnits, isKindKnown } = fit;
  const names = rows.map(({ name }) => name);
  const also = [
    ...(otherUnits.length > 0
      ? [
          `${named(otherUnits)} in another unit than in training, which the model takes out by standardising each channel`,
        ]
      : []),
    // A name such as "1" may have been trained as that of another kind.
    ...(!isKindKnown && kinds.length > 1 && montage.kind
      ? [
          `the kind of signal is not declared, and of the trained kinds the names match best ${kindInWords(montage.kind)}`,
        ]
      : []),
  ];
  const isWhole = missing.length === 0 && extra.length === 0;
  if (isWhole && rows.every(({ isOwn }) => isOwn)) {
    const text = isReordered ? `put into the trained order: ${named(names)}` : `as trained: ${named(names)}`;
    return { order: isReordered ? 'reordered' : 'same', text: [text, ...also].join('; ') };
  }
  const takes = rows.flatMap(({ name, of, isOwn }, place) => {
    if (isOwn) return [];
    if (of !== undefined) return [`"${name}" takes the position row of "${of}"`];
    const isNew = more === 0 && place >= trainedRows;
    return [`"${name}" takes row ${place + 1}${isNew ? ', which was not trained' : ''}`];
  });
  const common = montage.channels.length - missing.length;
  const parts = [
    common === 0
      ? 'none of the names was trained'
      : `${common} of ${plural(montage.channels.length, 'trained channel')}${isReordered ? ', put into the trained order' : ''}`,
    ...(common > 0 && missing.length > 0 ? [`missing: ${named(missing)}`] : []),
    ...(common > 0 && extra.length > 0 ? [`not trained: ${named(extra)}`] : []),
    ...(takes.length > 0 ? [firstNames(takes, MAX_NAMED)] : []),
    ...also,
  ];
  const isOwnOrder = common === 0 || isWhole;
  return { order: isOwnOrder ? 'own' : 'partial', text: parts.join('; ') };
}

/** Said once where weights say nothing of their channels. */
export const CHANNELS_UNSTATED =
  'the weights do not state on which channels they were trained; recordings keep their own order';

/** What was done, a sentence for each way in which it was, with the recordings that it was done to: most first. */
export function usesInWords(uses: readonly (ChannelUse & { readonly name: string })[]): ChannelUse[] {
  const alike = [...groupBy(uses, ({ text }) => text)].sort((a, b) => b[1].length - a[1].length);
  return alike.map(([text, members]) => {
    const [{ name, order }] = members as [(typeof members)[0]];
    if (alike.length === 1) return { order, text };
    const whose = members.length === 1 ? name : `${plural(members.length, 'recording')}, such as ${name}`;
    return { order, text: `${whose}: ${text}` };
  });
}

/** For lines about weights: `EEG, 19 channels`. */
export function contractInWords({ kinds, montages, more }: ChannelContract): string {
  const counts = [...new Set(montages.map(({ channels }) => channels.length))].sort((a, b) => a - b);
  const [only] = montages;
  const channels =
    montages.length === 1 && more === 0 && only
      ? `${plural(only.channels.length, 'channel')} (${named(only.channels.map(({ name }) => name))})`
      : `${plural(montages.length + more, 'montage')} of ${counts.length > 1 ? `${counts[0]} to ${counts.at(-1)} channels` : plural(counts[0] ?? 0, 'channel')}`;
  return `${kindsInWords(kinds)}, ${channels}`;
}

/** Montages beyond which a list says no more. */
const MAX_LINES = 5;

/** One line a montage, the most used first: at most `most`, then how many there are beyond. */
export function montagesInWords({ montages, more }: ChannelContract, most = MAX_LINES): string[] {
  const lines = montages.slice(0, most).map(({ kind, channels, windows, lengths }) => {
    const units = [...new Set(channels.flatMap(({ unit }) => (unit ? [unit] : [])))];
    const counted = windows === undefined ? 'windows' : plural(windows, 'window');
    const facts = [
      kindInWords(kind ?? 'unknown'),
      plural(channels.length, 'channel') + (units.length > 0 ? ` in ${units.join(', ')}` : ''),
      ...(lengths ? [`${counted} of ${lengths.join(', ')} s`] : windows === undefined ? [] : [counted]),
    ];
    return `${facts.join(', ')}: ${channels.map(({ name }) => name).join(', ')}`;
  });
  const rest = montages.length - lines.length + more;
  return rest > 0 ? [...lines, `and ${plural(rest, 'more montage')}`] : lines;
}
