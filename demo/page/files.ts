/** What goes out of the page and comes into it, and what is kept in the browser. */
import { addToCurve } from './curve.ts';
import { count, download, duration, input, megabytes, part, say, show } from './dom.ts';
import { attempt } from './report.ts';
import { showCutting, takeKept } from './signals.ts';
import { change, watch } from './state.ts';
import { showSettings } from './training.ts';
import { ask } from './worker.ts';

/** Offers to go on with what is kept. */
export async function offerKept(): Promise<void> {
  const { signals, checkpoint, bytes } = await ask('kept').catch(() => ({
    signals: null,
    checkpoint: null,
    bytes: 0,
  }));
  if (!signals || (signals.kind === 'generated' && !checkpoint)) return;
  const names = signals.kind === 'generated' ? 'the generated signals' : signals.names.slice(0, 4).join(', ');
  const run = checkpoint
    ? `, and a run at step ${count(checkpoint.step)} of ${count(checkpoint.steps)} after ${duration(checkpoint.seconds)} of training`
    : '';
  part('kept-what').textContent = `This browser keeps ${names}${run} (${megabytes(bytes)}).`;
  show('kept', true);
}

async function restore(): Promise<void> {
  const { signals, cutting, settings, told } = await ask('restore');
  takeKept(signals);
  showCutting(cutting);
  if (settings) showSettings(settings);
  addToCurve(told);
  part<HTMLProgressElement>('progress').max = settings?.steps ?? 1;
  part<HTMLProgressElement>('progress').value = told.at(-1)?.step ?? 0;
}

async function wipe(): Promise<void> {
  await ask('wipe');
  show('kept', false);
  for (const id of ['kept-step', 'signals-kept']) part(id).textContent = '';
  say(
    'note',
    'Wiped: nothing of yours is kept in this browser any more, and nothing will be until you load this page again.',
  );
}

export function setUpFiles(): void {
  part('restore').addEventListener('click', () => attempt(part('restore'), restore));
  for (const id of ['wipe', 'wipe-kept']) part(id).addEventListener('click', () => attempt(part(id), wipe));
  part('save-weights').addEventListener('click', () =>
    attempt(part('save-weights'), async () => download(await ask('saveWeights'), 'spotr.safetensors')),
  );
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
    void attempt(input('weights'), async () => {
      const model = await ask('loadWeights', files);
      if (model.window !== null) input('seconds').value = String(model.window);
      change({ model, map: null, windows: null });
      show('from-loaded-field', true);
      input('from-loaded').checked = true;
      const windows =
        model.window === null
          ? 'They do not say how long the windows were that they were trained on.'
          : `They were trained on windows of ${model.window} s, and such are cut now.`;
      say('note', `The weights are loaded: map the windows with them, or train on from them. ${windows}`);
    });
  });
  watch(({ model, map }) => {
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
