/** What goes out of the page and comes into it, and what is kept in the browser. */
import { firstNames } from '../../base/first-names.ts';
import { Latest } from '../latest.ts';
import type { Kept, LabelFacts } from '../messages.ts';
import { addToCurve } from './curve.ts';
import { count, download, duration, input, megabytes, part, plural, say, show } from './dom.ts';
import { saveLabels } from './labels.ts';
import { mayEndRun, saveWeights } from './may-end-run.ts';
import { isSure } from './question.ts';
import { attempt } from './report.ts';
import { sayKept, showCutting, showKept, showSeconds } from './signals.ts';
import { state, watch } from './state.ts';
import { showSettings } from './training.ts';
import { ask } from './worker.ts';

/** What this browser keeps, in words; null where it is nothing. */
function keptInWords({ signals, checkpoint, labelled, bytes }: Kept): string | null {
  const names =
    signals &&
    (signals.kind === 'generated'
      ? checkpoint && 'that the generated signals were worked on'
      : `a copy of ${few(signals.names)}`);
  const run =
    checkpoint &&
    `a run at step ${count(checkpoint.step)} of ${count(checkpoint.steps)} after ${duration(checkpoint.seconds)} of training`;
  const labels =
    labelled === null
      ? 'labels that cannot be read'
      : labelled > 0 && `labels of ${plural(labelled, 'recording')}`;
  // A copy that is being written, or that was cut off.
  const rest = !signals && bytes > 0 && 'parts of a copy of recordings or of a run';
  const all = [names, run, rest, labels].filter((text) => typeof text === 'string');
  if (all.length === 0) return null;
  return `${all.join(', and ')}${bytes > 0 ? ` (${megabytes(bytes)})` : ''}`;
}

const MOST_NAMED = 4;
const few = (names: readonly string[]) => firstNames(names, MOST_NAMED);

/** Offers to resume what is kept. */
export async function offerKept(): Promise<void> {
  const kept = await ask('kept').catch(() => null);
  if (!kept?.signals || (kept.signals.kind === 'generated' && !kept.checkpoint)) return;
  part('kept-what').textContent = `This browser keeps ${keptInWords(kept)}.`;
  show('kept', true);
}

async function restore(): Promise<void> {
  const { signals, reading, cutting, settings, told } = await ask('restore');
  showKept(signals, reading);
  showCutting(cutting);
  if (!settings) return;
  showSettings(settings);
  addToCurve(told);
  part<HTMLProgressElement>('progress').max = settings.steps;
  part<HTMLProgressElement>('progress').value = told.at(-1)?.step ?? 0;
}

async function wipe(): Promise<void> {
  const before = await ask('kept').then(
    (kept) => {
      const what = keptInWords(kept);
      return what
        ? `This browser keeps ${what}. Wiping removes it`
        : 'Nothing is kept in this browser yet. Wiping makes sure of it';
    },
    (error: Error) =>
      `What this browser keeps cannot be looked at (${error.message}). Wiping removes all of it`,
  );
  const sure = await isSure({
    text: `${before}, and nothing more is kept until this page is loaded again. What the page shows stays until it is closed.`,
    go: 'Wipe',
    ...((state.labels?.recordings ?? 0) > 0 && { save: { text: 'Save the labels first', act: saveLabels } }),
  });
  if (!sure) return;
  await ask('wipe');
  show('kept', false);
  part('kept-step').textContent = '';
  sayKept('');
  const left = keptInWords(await ask('kept'));
  if (left) throw new Error(`Wiping left something: this browser keeps ${left}.`);
  say(
    'note',
    'Wiped: nothing of yours is kept in this browser any more, and nothing will be until you load this page again.',
  );
}

const choices = new Latest<'weights'>({ weights: [] });

async function load(files: readonly File[], check: () => void): Promise<void> {
  if (!(await mayEndRun('Loading weights', 'Load the weights'))) return;
  check();
  const model = await ask('loadWeights', files);
  check();
  if (model.window !== null) showSeconds(model.window.seconds);
  show('from-loaded-field', true);
  input('from-loaded').checked = true;
  const windows =
    model.window === null
      ? 'They do not say how long the windows were that they were trained on.'
      : `They were trained on windows of ${model.window.inWords}, and such are cut now.`;
  say('note', `The weights are loaded: map the windows with them, or train on from them. ${windows}`);
}

function labelsInWords({ recordings, elsewhere }: LabelFacts): string {
  const there = elsewhere > 0 ? `, ${count(elsewhere)} of them not among the signals at hand` : '';
  return `Labels by hand or from tables: of ${plural(recordings, 'recording')}${there}.`;
}

export function setUpFiles(): void {
  part('restore').addEventListener('click', () => attempt(part('restore'), restore));
  for (const id of ['wipe', 'wipe-kept']) part(id).addEventListener('click', () => attempt(part(id), wipe));
  part('save-weights').addEventListener('click', () => attempt(part('save-weights'), saveWeights));
  part('save-labels').addEventListener('click', () => attempt(part('save-labels'), saveLabels));
  for (const format of ['parquet', 'csv'] as const)
    part(`save-${format}`).addEventListener('click', () =>
      attempt(part(`save-${format}`), async () =>
        download(await ask('saveEmbeddings', format), `embeddings.${format}`),
      ),
    );
  input('weights').addEventListener('change', () => {
    const files = [...(input('weights').files ?? [])];
    input('weights').value = '';
    if (files.length === 0) return;
    void attempt(input('weights'), () => choices.ask('weights', (check) => load(files, check)), 'latest');
  });
  watch(({ model, map, labels }) => {
    part<HTMLButtonElement>('save-labels').disabled = !labels?.recordings;
    part('labels-what').textContent = labels?.recordings ? labelsInWords(labels) : '';
    part<HTMLButtonElement>('save-weights').disabled = model === null;
    for (const id of ['save-parquet', 'save-csv']) part<HTMLButtonElement>(id).disabled = map === null;
    const untrained =
      model?.lacksRenderer && model.step === 0
        ? ' Its renderer was not among the weights and has not been trained: what it draws means nothing yet.'
        : '';
    part('model-what').textContent = model
      ? `Model: ${model.description}; ${count(model.parameters)} parameters, step ${count(model.step)}.${untrained}`
      : '';
  });
}
