import { groupBy } from '../../../data/index.ts';
import type { ChannelFacts } from './facts.ts';
import type { Outcome } from './journal.ts';

/** Ways of using channels that are listed. */
const MAX_WAYS = 64;

/** The same for the same outcomes, in however many runs they came. */
export function channelFacts(outcomes: readonly Outcome[]): ChannelFacts {
  const used = outcomes.filter(({ windows }) => windows > 0);
  const alike = groupBy(used, ({ channels, use }) => JSON.stringify([channels, use]));
  const ways = [...alike.values()].map((members): ChannelFacts['ways'][0] => {
    const [{ channels, use }] = members as [Outcome];
    // Weights that say nothing have every recording in its own order.
    return { ...(use ?? { order: 'own' }), channels, recordings: members.length };
  });
  const ranked = ways.sort((a, b) => b.recordings - a.recordings);
  const rest = ranked.slice(MAX_WAYS).reduce((sum, { recordings }) => sum + recordings, 0);
  return { ways: ranked.slice(0, MAX_WAYS), ...(rest > 0 && { recordingsOfOtherWays: rest }) };
}
