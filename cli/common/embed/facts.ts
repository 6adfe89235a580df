/** What is known of a set of embeddings as a whole: it goes along with them, and tells whether two parts belong together. */
import { createHash } from 'node:crypto';
import { type ManifestEntry, NOTICE, type Recording } from '../../../data/index.ts';
import type { ChannelOrder } from '../../../workflows/channel-contract.ts';
import { dashed } from '../options.ts';
import { nearPaths } from '../text.ts';
import { type Shard, showShard } from './shards.ts';

export { NOTICE };

export interface Facts {
  /** Of spotr. */
  readonly version: string;
  /** SHA-256 of the file of weights. */
  readonly weights: string;
  /** The encoder in words. */
  readonly encoder: string;
  /** Every option that the numbers come from. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Fingerprint of all recordings of the run, those of other shards too. */
  readonly recordings: string;
  readonly shard?: Shard | undefined;
}

/** In which order channels went into the model, as which were trained, and of how many recordings: most first. */
export interface ChannelFacts {
  readonly ways: readonly {
    readonly order: ChannelOrder;
    readonly text?: string;
    readonly channels: readonly string[];
    readonly recordings: number;
  }[];
  /** Recordings whose channels were used in ways that are not listed. */
  readonly recordingsOfOtherWays?: number;
}

/** What is written beside the rows. `adapters` are those that computed them: several where a run was resumed elsewhere. */
export function describeFacts(
  facts: Facts,
  adapters: readonly string[],
  channels: ChannelFacts,
): Record<string, string> {
  return {
    'spotr.notice': NOTICE,
    'spotr.version': facts.version,
    'spotr.weights': facts.weights,
    'spotr.encoder': facts.encoder,
    'spotr.adapter': adapters.join('; '),
    'spotr.settings': JSON.stringify(facts.settings),
    'spotr.recordings': facts.recordings,
    'spotr.channels': JSON.stringify(channels),
    ...(facts.shard && { 'spotr.shard': showShard(facts.shard) }),
  };
}

/** In words, all that differs between what was embedded `before` and what is to be `now`; nothing where they go together. */
export function differences(before: Facts, now: Facts): string[] {
  const names = new Set([...Object.keys(before.settings), ...Object.keys(now.settings)]);
  const options = [...names].flatMap((name) => {
    const [was, is] = [before.settings[name], now.settings[name]].map(
      (value) => JSON.stringify(value) ?? 'none',
    );
    return was === is ? [] : [`${dashed(name)} was ${was} and is ${is}`];
  });
  const version = before.version !== now.version && [
    `the version of spotr was ${before.version} and is ${now.version}`,
  ];
  return [
    ...(before.weights === now.weights ? [] : ['the weights differ']),
    ...options,
    ...(before.recordings === now.recordings
      ? []
      : ['the recordings differ, or what a manifest states about them']),
    ...(show(before.shard) === show(now.shard)
      ? []
      : [`the shard was ${show(before.shard)} and is ${show(now.shard)}`]),
    ...(version || []),
  ];
}

const show = (shard: Shard | undefined): string => (shard ? showShard(shard) : 'none');

/** The same for the same recordings with the same headers, under the same names, with the same things said of them. */
export function fingerprint(
  recordings: readonly Recording[],
  entries: ReadonlyMap<string, ManifestEntry>,
): string {
  const hash = createHash('sha256');
  for (const { name, channels, dataset, modality, subject } of recordings) {
    const { split, labels, channels: wished } = entries.get(name) ?? {};
    const signals = channels.map(({ label, unit, rate, length }) => [label, unit, rate, length]);
    const said = [dataset, modality, subject, split, labels, wished];
    hash.update(`${JSON.stringify([nearPaths(name), signals, said])}\n`);
  }
  return hash.digest('hex');
}
