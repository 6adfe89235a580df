/** What a published folder tells of its weights, for who is to choose between them. */
import { join } from 'node:path';
import { type ChannelContract, MODALITIES } from '../../../data/index.ts';
import { CommandError } from '../errors.ts';
import { nearPaths } from '../text.ts';
import { PUBLISHED_CONFIG, type PublishedFiles, readPublishedConfig } from './published-check.ts';

export interface Published {
  readonly license: string;
  readonly parameters: number;
  readonly steps: number;
  /** Of training. */
  readonly windows: number;
  /** Names of data sets, where they are named. */
  readonly dataSets: readonly string[];
  readonly kinds: ChannelContract['kinds'];
  /** Kinds on whose held-out windows it loses no less than one waveform repeated in each patch. */
  readonly atFloor: ChannelContract['kinds'];
  readonly files: PublishedFiles;
}

/** @throws CommandError for a folder that was not published, or does not say all of it. */
export function readPublished(folder: string): Published {
  const place = nearPaths(join(folder, PUBLISHED_CONFIG));
  const lacking = (what: string) =>
    new CommandError(`${place}: does not state ${what}; publish or install the weights again.`);
  const config = readPublishedConfig(folder);
  if (!config) throw lacking('that it belongs to published weights');
  const fields = (value: unknown, what: string) => {
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
    throw lacking(what);
  };
  const number = (value: unknown, what: string): number => {
    if (typeof value === 'number') return value;
    throw lacking(what);
  };
  const list = (value: unknown, what: string): readonly unknown[] => {
    if (Array.isArray(value)) return value;
    throw lacking(what);
  };
  const kind = (value: unknown) => MODALITIES.find((name) => name === value) ?? 'unknown';
  const { license, model, training, data, dataSets = [], contract, heldOut, files } = config;
  if (typeof license !== 'string') throw lacking('its licence');
  const sources = list(fields(data, 'its data').sources, 'its data');
  return {
    license,
    parameters: number(fields(model, 'its model').parameters, 'how many parameters it has'),
    steps: number(fields(training, 'its training').steps, 'its steps'),
    windows: sources.reduce(
      (sum: number, source) => sum + number(fields(source, 'its data').trainWindows, 'its windows'),
      0,
    ),
    dataSets: list(dataSets, 'its data sets').map(String),
    kinds: list(fields(contract, 'its channels').kinds, 'its kinds of signal').map(kind),
    atFloor: Object.entries(fields(heldOut, 'its losses')).flatMap(([name, losses]) => {
      const { heldOutLoss, yardsticks } = fields(losses, 'its losses');
      const floor = number(fields(yardsticks, 'its yardsticks').positionBlindLoss, 'its yardsticks');
      return number(heldOutLoss, 'its losses') < floor ? [] : [kind(name)];
    }),
    files,
  };
}
