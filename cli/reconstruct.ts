import { resolve } from 'node:path';
import { kindInWords, secondsInWords } from '../data/index.ts';
import { type Engine, openEngine } from '../engine/index.ts';
import { loadSpotr } from '../model/index.ts';
import { verdictOf, yardsticksOfRecordings } from '../workflows/index.ts';
import type { Say } from '../workflows/progress.ts';
import { UsageError } from './common/errors.ts';
import { helpText, parseOptions } from './common/options.ts';
import { PAGE } from './common/reconstruction-page.ts';
import { RunFolder } from './common/run/run-folder.ts';
import { print, printRows } from './common/terminal.ts';
import { columns, nearPaths, plural, type Row, table, wrap } from './common/text.ts';
import { version } from './common/version.ts';
import { chosenWeights } from './common/weights/bundled.ts';
import { checkShapes } from './common/weights/check-shapes.ts';
import { seenRows } from './common/weights/seen-recordings.ts';
import { cutAsTrained, cutInWords } from './common/weights/trained-on.ts';
import { WorkProgress } from './common/work-progress.ts';
import { type ChosenWindow, chooseByError, placeAt } from './reconstruct/choose.ts';
import { type CutRecordings, cutRecordings } from './reconstruct/cut.ts';
import { ErrorSummary } from './reconstruct/errors.ts';
import { type JudgedErrors, leave } from './reconstruct/leave.ts';
import { RECONSTRUCT_HELP, RECONSTRUCT_OPTIONS, type ReconstructValues } from './reconstruct/options.ts';
import { type RenderedWindow, WindowRenderer } from './reconstruct/render.ts';
import {
  bandNote,
  bandTable,
  channelTable,
  MEANING,
  modalityName,
  yardstickNote,
  yardstickTable,
} from './reconstruct/tables.ts';
import { type FoundModel, readModel } from './reconstruct/weights.ts';

/** Shows what comes back of recordings through the one token, and how much of it. Returns the exit code. */
export async function reconstruct(argv: readonly string[]): Promise<number> {
  const { values: asked, given, positionals, help } = parseOptions(argv, RECONSTRUCT_OPTIONS);
  if (help) {
    print(helpText(RECONSTRUCT_HELP, columns()));
    return 0;
  }
  const { out, overwrite } = asked;
  requireWhole(asked, given, positionals);
  const folder = RunFolder.open({
    verb: 'reconstruct',
    out: out === undefined ? undefined : resolve(out),
    mode: overwrite ? 'overwrite' : 'new',
    resumable: false,
  });
  const progress = new WorkProgress(asked.quiet);
  try {
    const chosen = chosenWeights(asked.weights);
    const model = await readModel({ ...asked, weights: chosen.word });
    const values = cutAsTrained({ ...asked, weights: chosen.word }, model.trained);
    const cut = await cutRecordings(
      positionals.map((path) => resolve(path)),
      values,
      (kinds) => cutInWords(values, given.has('window'), model.trained, kinds),
      model.trained,
      progress.say,
    );
    progress.clear();
    await show(folder, model, { ...cut, rows: [...cut.rows, ...chosen.rows] }, values, progress);
    return 0;
  } catch (error) {
    folder.discard();
    throw error;
  }
}

function requireWhole(
  { weights, decoder, overwrite, out }: Pick<ReconstructValues, 'weights' | 'decoder' | 'overwrite' | 'out'>,
  given: ReadonlySet<string>,
  positionals: readonly string[],
): void {
  if (positionals.length === 0) throw new UsageError('reconstruct needs recordings; name files or folders.');
  if (weights === undefined && decoder !== undefined)
    throw new UsageError('--decoder needs --weights, the encoder that it was trained with; give it too.');
  if (given.has('at') && given.has('windows'))
    throw new UsageError('--at draws one window, --windows draws several; give one of them.');
  if (overwrite && out === undefined)
    throw new UsageError('--overwrite needs --out DIR, the folder of the reconstruction to replace.');
}

const ALL_TOKENS =
  'This renderer is conditioned on all tokens of the encoder, not on the one token of the window: its reconstruction shows what all of them contain together.';

async function show(
  folder: RunFolder,
  model: FoundModel,
  { recordings, rows, kinds }: CutRecordings,
  { quiet, ...values }: ReconstructValues,
  progress: WorkProgress,
): Promise<void> {
  checkShapes(recordings, model.config);
  const engine = await openEngine(values.adapter === 'auto' ? {} : { adapter: values.adapter });
  try {
    const facts: Row[] = [
      ...rows,
      ['weights', model.description],
      ...seenRows(
        model.path,
        recordings.map(({ name }) => name),
      ),
      ['conditioning', `${model.conditioning}, ${model.why}`],
      ['adapter', engine.device.description],
    ];
    if (!quiet) printRows(facts);
    const { errors, shown } = await measure(engine, model, recordings, values, progress.say);
    const yardsticks = await yardsticksOfRecordings(recordings, {
      config: model.config,
      pause: (part) =>
        progress.say('comparison with PCA of these windows, percent', Math.floor(100 * part), 100),
    });
    progress.clear();
    const modalities = errors.modalities.map((one): JudgedErrors => {
      const own = yardsticks.get(one.modality);
      const name = kindInWords(one.modality ?? 'unknown');
      if (!own)
        throw new Error(`There is nothing to compare ${name} with, though windows of it were rendered.`);
      const verdict = verdictOf(name, one.all.normalizedError, own, model.conditioning);
      return { ...one, yardsticks: own, verdict };
    });
    const windows = plural(errors.windows.length, 'window');
    const warning = model.conditioning === 'tokens' ? ALL_TOKENS : undefined;
    leave(folder, {
      lead: `${windows} of ${secondsInWords(values.window, kinds)} from ${plural(recordings.length, 'recording')}, through ${model.conditioning === 'cls' ? `one token of ${model.config.encoderDim} numbers` : 'all tokens of the encoder'} and back`,
      facts,
      warning,
      modalities,
      shown,
      about: {
        spotr: version(),
        notice: 'Research use, not a medical device.',
        adapter: engine.device.description,
        weights: model.description,
        conditioning: model.conditioning,
        settings: values,
      },
    });
    printErrors(modalities, warning);
    print(`\n  The pictures and the numbers are in ${nearPaths(folder.path)}; ${PAGE} there shows them.`);
  } finally {
    engine.dispose();
  }
}

/** The errors of all windows, and those windows that are to be drawn. */
async function measure(
  engine: Engine,
  { config, conditioning, encoder, decoder }: FoundModel,
  recordings: CutRecordings['recordings'],
  { precision, batchSize, at, windows: count }: Omit<ReconstructValues, 'quiet'>,
  say: Say,
): Promise<{ errors: ErrorSummary; shown: (ChosenWindow & RenderedWindow)[] }> {
  const place = at === undefined ? undefined : placeAt(recordings, at);
  const model = loadSpotr(engine, { config, conditioning, precision }, { encoder, decoder });
  const renderer = new WindowRenderer(engine, model);
  const errors = new ErrorSummary();
  const all = recordings.reduce((sum, { shape }) => sum + shape[0], 0);
  for await (const window of renderer.all(recordings, batchSize)) {
    errors.add(window);
    await say('windows reconstructed', errors.windows.length, all);
  }
  const chosen = place
    ? errors.windows
        .filter(({ recording, window }) => recording === place.recording && window === place.window)
        .map((error) => ({ ...error, why: `the one at ${at} s` }))
    : chooseByError(errors.windows, count);
  const shown: (ChosenWindow & RenderedWindow)[] = [];
  // Once more, rather than keeping what came back of every window.
  for (const window of chosen) {
    await say('windows to draw', shown.length, chosen.length);
    shown.push({ ...window, ...(await renderer.one(window)) });
  }
  return { errors, shown };
}

function printErrors(modalities: readonly JudgedErrors[], warning: string | undefined): void {
  const say = (text: string) => {
    print('');
    for (const line of wrap(text, columns() - 2)) print(`  ${line}`);
  };
  for (const one of modalities) {
    if (modalities.length > 1) say(modalityName(one.modality));
    for (const { headings, rows } of [
      yardstickTable(one, one.yardsticks),
      channelTable(one),
      bandTable(one),
    ]) {
      print('');
      for (const line of table(headings, rows)) print(`  ${line}`);
    }
  }
  for (const { verdict } of modalities) if (verdict) say(verdict);
  for (const text of new Set(modalities.map(({ yardsticks }) => yardstickNote(yardsticks)))) say(text);
  say(MEANING);
  for (const text of new Set(modalities.map(bandNote))) say(text);
  if (warning) say(warning);
}
