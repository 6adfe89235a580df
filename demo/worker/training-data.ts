/** What is trained on: generated windows without end, or those of files, as the command `spotr pretrain` draws them. */

import { MODALITY_NAMES } from '../../data/channels/wording.ts';
import {
  type BatchSource,
  type ChannelContract,
  contractOf,
  decidedParts,
  type RecordingWindows,
  SignalError,
  SyntheticDataset,
  WindowDataset,
  type WindowSeconds,
} from '../../data/index.ts';
import { withTargets } from '../../workflows/pretraining/auxiliary.ts';
import { type Recipe, recipeOf } from '../../workflows/pretraining/recipes.ts';
import type { Cutting, TrainSettings } from '../messages.ts';
import type { Preview } from './run.ts';
import type { OpenedSignals } from './signals.ts';
import type { WindowSet } from './windows.ts';

export interface TrainingData {
  readonly source: BatchSource;
  /** What weights are going to have been trained on. */
  readonly contract: ChannelContract;
  readonly recipe: Recipe;
  readonly previews: readonly Preview[];
}

const MOST_PREVIEWS = 4;
/** Part of the recordings that is not trained on, where no table says it. */
const HELD_OUT = 0.1;
const NAMES: Readonly<Record<string, string>> = MODALITY_NAMES;

export async function trainingData(
  { kind }: OpenedSignals,
  windows: WindowSet,
  { seconds, mains }: Cutting,
  settings: TrainSettings,
): Promise<TrainingData> {
  const { seed, batchSize } = settings;
  const { recordings, splits } = windows;
  const recipe = recipeFor(settings, kind);
  const parts = decidedParts(
    recordings.map((own) => {
      const split = splits.get(own.name);
      return split ? { ...own, split } : own;
    }),
    HELD_OUT,
    seed,
  );
  const plain =
    kind === 'generated'
      ? new SyntheticDataset({
          ...{ seed, batchSize, seconds: oneLength(seconds) },
          ...(recipe.turns && { turns: recipe.turns }),
        })
      : // As `spotr pretrain` takes the parts of a table of labels.
        new WindowDataset(recordings, {
          ...{ seed, batchSize, heldOutFraction: HELD_OUT },
          ...(parts && { splits: parts }),
        });
  const contract = contractOf(plain.montages(), {
    // What is generated is trained on as it comes.
    ...(kind === 'files' && { mains }),
  });
  const source = withTargets(plain, recipe.auxiliary);
  return {
    source,
    contract,
    recipe,
    previews: await previewsOf(source, kind === 'generated' ? recordings : []),
  };
}

function oneLength(seconds: WindowSeconds): number {
  if (typeof seconds === 'number') return seconds;
  throw new SignalError(
    'Generated signals are trained on in windows of one length, but the weights were trained on several; enter the seconds of a window.',
  );
}

/** Runs of pages that had no choice were the paper's. Windows of files do not overlap here, whatever the recipe says. */
export function recipeFor({ recipe = 'paper', size }: TrainSettings, kind: OpenedSignals['kind']): Recipe {
  return recipeOf(recipe, size, kind === 'generated' ? 'generated' : 'recordings');
}

/**
 * A held-out window of each source, or several where there are few sources. Channels are called as in the window's own
 * recording; what is generated has the names of `alike`, whose people have the same channels.
 */
async function previewsOf(source: BatchSource, alike: readonly RecordingWindows[]): Promise<Preview[]> {
  const heldOut = await source.heldOut();
  const bySource = new Map<string, Preview[]>();
  for (const { signal, shape, source: name, labels: given } of heldOut) {
    const [windows, channels, samples] = shape;
    const common = alike.find((own) => own.modality === name && own.shape[1] === channels)?.labels;
    const own = bySource.get(`${name} ${channels}`) ?? [];
    bySource.set(`${name} ${channels}`, own);
    for (let i = 0; i < windows && own.length < MOST_PREVIEWS; i++) {
      const labels = given?.[i] ?? common ?? [];
      own.push({
        title: `${NAMES[name] ?? 'signal'}, a window held out of training`,
        labels: Array.from({ length: channels }, (_, channel) => labels[channel] ?? `channel ${channel + 1}`),
        data: signal.slice(i * channels * samples, (i + 1) * channels * samples),
        shape: [channels, samples],
      });
    }
  }
  const lists = [...bySource.values()];
  const each = Math.max(1, Math.floor((lists.length > 1 ? MOST_PREVIEWS : 2) / Math.max(1, lists.length)));
  return lists.flatMap((list) => list.slice(0, each)).slice(0, MOST_PREVIEWS);
}
