/** Cutting, embedding and writing, batch by batch, from wherever a run before was stopped. */
import {
  droppedWindows,
  type EmbeddingRow,
  eachLength,
  MODEL_RATE,
  noWindows,
  type Recording,
  secondsOfKind,
  type WindowSeconds,
} from '../../../data/index.ts';
import { type Engine, openEngine } from '../../../engine/index.ts';
import { type Encoder, loadEncoder } from '../../../model/index.ts';
import { BatchEncoder, notFinite } from '../../../workflows/encode.ts';
import { nearPaths } from '../text.ts';
import { version } from '../version.ts';
import { checkShapes } from '../weights/check-shapes.ts';
import type { FoundEncoder } from '../weights/encoder.ts';
import { batchesOf, oneAhead, requireWindows } from './batches.ts';
import { type Facts, fingerprint } from './facts.ts';
import { Journal, type LostRow, type Outcome } from './journal.ts';
import { type EmbedValues, settingsOf } from './options.ts';
import { expectedWindows, type Found } from './recordings.ts';
import { placeOf } from './rows.ts';
import type { Shard } from './shards.ts';
import { makeFolderOf, ROWS_AT_ONCE, type Target, writeTarget } from './target.ts';

export interface Reached {
  readonly windows: number;
  readonly recordings: number;
}

export interface RunObserver {
  opened(adapter: string): void;
  /** Before the first batch: how much there is, and how much a run before has done. */
  began(of: Reached, rows: number): void;
  batch(reached: Reached): void;
  ended(): void;
}

/** What is to be embedded, by what, and where to. */
export interface EmbedJob {
  readonly target: Target;
  readonly found: Found;
  readonly weights: FoundEncoder;
  readonly values: EmbedValues;
  readonly shard: Shard | undefined;
  readonly paths: readonly string[];
}

export interface RunOptions extends EmbedJob {
  readonly signal: AbortSignal;
  readonly observer: RunObserver;
}

export interface RunResult {
  readonly rows: number;
  /** Windows a second, but for the first batch, which waits for the compilation; undefined where there was no second one. */
  readonly speed: number | undefined;
  readonly outcomes: readonly Outcome[];
  readonly lost: readonly LostRow[];
  /** False where it was interrupted: then the journal is there. */
  readonly whole: boolean;
}

export function factsOf({ found, weights, values, shard }: Omit<RunOptions, 'signal' | 'observer'>): Facts {
  return {
    version: version(),
    weights: weights.sha256,
    encoder: weights.description,
    settings: settingsOf(values),
    recordings: fingerprint(found.all, found.entries),
    shard,
  };
}

/** @throws whatever is wrong with recordings, weights, options and files, and leaves nothing then but what was embedded so far. */
export async function runEmbedding(options: RunOptions): Promise<RunResult> {
  const { target, found, weights, values, shard, paths } = options;
  const lengths = eachLength(values.window).map((seconds) => Math.round(seconds * MODEL_RATE));
  checkShapes(
    lengths.map((samples) => ({ shape: [1, 1, samples] })),
    weights.config,
  );
  await requireWindows(
    found.own.filter(({ name }) => paths.includes(name)),
    found.optionsOf,
  );
  const facts = factsOf(options);
  makeFolderOf(target);
  const journal = await Journal.open(Journal.folderOf(target.main), facts, {
    dim: weights.config.encoderDim,
    replace: values.overwrite,
  });
  try {
    const result = await withEncoder(options, async (engine, encoder) => {
      await journal.startedOn(engine.device.description);
      return fill(journal, engine, encoder, options);
    });
    if (result.whole) {
      if (!shard) requireRows(found.own, result);
      await journal.finish();
      await writeTarget(target, rowsOf(journal, found, values.window), { journal, facts });
      await journal.discard();
    }
    return result;
  } finally {
    // Without a row there is nothing to go on from.
    await (journal.rows === 0 ? journal.discard() : journal.dispose());
  }
}

async function withEncoder<T>(
  { weights, values, observer }: RunOptions,
  work: (engine: Engine, encoder: Encoder) => Promise<T>,
): Promise<T> {
  const engine = await openEngine(values.adapter === 'auto' ? {} : { adapter: values.adapter });
  try {
    const { config, tensors } = weights;
    const { encoder } = loadEncoder(engine, config, tensors, { precision: values.precision });
    observer.opened(engine.device.description);
    return await work(engine, encoder);
  } finally {
    engine.dispose();
  }
}

/** Embeds what the journal does not have yet. */
async function fill(
  journal: Journal,
  engine: Engine,
  encoder: Encoder,
  { found: { own, optionsOf }, values, signal, observer }: RunOptions,
): Promise<RunResult> {
  const dropsOf = (outcomes: readonly Outcome[]) =>
    outcomes.reduce((sum, outcome) => sum + droppedWindows(outcome.dropped), 0);
  let dropped = dropsOf(journal.outcomes);
  const reached = () => ({ windows: journal.rows + dropped, recordings: journal.outcomes.length });
  const windows = own.reduce((sum, recording) => sum + expectedWindows(recording, optionsOf(recording)), 0);
  observer.began({ windows, recordings: own.length }, journal.rowsBefore);
  const batches = new BatchEncoder(engine, encoder);
  let warm: { readonly at: number; readonly rows: number } | undefined;
  try {
    for await (const batch of oneAhead(batchesOf(own, journal.place, values.batchSize, optionsOf))) {
      const { data, shape, starts, outcomes } = batch;
      const vectors = starts.length > 0 ? await batches.encode(data, shape) : new Float32Array(0);
      await journal.add(starts, vectors, batch);
      dropped += dropsOf(outcomes);
      observer.batch(reached());
      warm ??= { at: performance.now(), rows: journal.rows };
      if (signal.aborted) break;
    }
    await journal.save();
  } finally {
    observer.ended();
    batches.dispose();
  }
  const made = journal.rows - (warm?.rows ?? journal.rows);
  const speed = warm && made > 0 ? (1000 * made) / (performance.now() - warm.at) : undefined;
  return {
    rows: journal.rows - journal.lost.length,
    speed,
    outcomes: journal.outcomes,
    lost: journal.lost,
    whole: journal.outcomes.length === own.length,
  };
}

/** Nothing but recordings without a window is a mistake, except in a part, which may have drawn just those. */
function requireRows(recordings: readonly Recording[], { rows, outcomes, lost }: RunResult): void {
  if (rows > 0) return;
  const [first] = lost;
  if (first) {
    const index = outcomes.findIndex(({ windows }) => windows > 0);
    const { channels } = outcomes[index] as Outcome;
    throw notFinite({ recording: nearPaths(recordings[index]?.name ?? ''), start: first.start, channels });
  }
  throw noWindows(
    recordings.length,
    outcomes.map(({ reason }, i) => ({ path: recordings[i]?.name ?? '', reason: reason ?? '' })),
  );
}

/** The rows of a journal with all that is known of their windows. */
async function* rowsOf(
  journal: Journal,
  { own, entries }: Found,
  lengths: WindowSeconds,
): AsyncGenerator<EmbeddingRow[]> {
  let [recording, window, row] = [0, 0, 0];
  const lost = new Set(journal.lost.map((each) => each.row));
  for await (const { starts, vectors } of journal.read(ROWS_AT_ONCE)) {
    yield starts.flatMap((start, i): EmbeddingRow[] => {
      while (window >= (journal.outcomes[recording]?.windows ?? Number.POSITIVE_INFINITY)) {
        recording++;
        window = 0;
      }
      window++;
      if (lost.has(row++)) return [];
      const { channels, modality } = journal.outcomes[recording] as Outcome;
      const from = own[recording] as Recording;
      const known = modality ? { ...from, modality } : from;
      const seconds = secondsOfKind(lengths, known.modality);
      const place = placeOf(known, entries.get(from.name), { start, seconds, channels });
      return [{ ...place, embedding: vectors.subarray(i * journal.dim, (i + 1) * journal.dim) }];
    });
  }
}

/** The folder of what is kept, as one would type it here. */
export function keptIn({ main }: Target): string {
  return nearPaths(Journal.folderOf(main));
}
