/** Training: its settings, its buttons, and what it reports meanwhile. */

import type { Conditioning, SpotrSize } from '../../model/index.ts';
import { defaultRecipe, type RecipeName, recipeOf } from '../../workflows/pretraining/recipes.ts';
import type { Event, Outcome, Progress, TrainSettings } from '../messages.ts';
import { addToCurve, clearCurve, compareCurve, setUpCurve } from './curve.ts';
import {
  count,
  duration,
  element,
  input,
  megabytes,
  onThemeChange,
  part,
  say,
  select,
  show,
  table,
} from './dom.ts';
import { mayEndRun } from './may-end-run.ts';
import { PreviewBox } from './previews.ts';
import { attempt, tellProblem } from './report.ts';
import { cutting } from './signals.ts';
import { change, state, watch } from './state.ts';
import { ask, listen } from './worker.ts';

function settings(): TrainSettings {
  return {
    size: select('size').value as SpotrSize,
    recipe: select('recipe').value as RecipeName,
    conditioning: select('conditioning').value as Conditioning,
    learningRate: Number(input('lr').value),
    steps: Number(input('steps').value),
    batchSize: Number(input('batch').value),
    seed: Number(input('seed').value),
  };
}

export function showSettings(given: TrainSettings): void {
  select('size').value = given.size;
  const recipe = given.recipe ?? 'paper';
  select('recipe').value = recipe;
  recipeIsChosen = recipe !== defaultRecipe(given.size);
  select('conditioning').value = given.conditioning;
  input('lr').value = String(given.learningRate);
  rateIsChosen = String(given.learningRate) !== rateOf(given.size, recipe);
  input('steps').value = String(given.steps);
  input('batch').value = String(given.batchSize);
  input('seed').value = String(given.seed);
}

function showNumbers({ step, steps, seconds, rate, gpuBytes, secondsLeft, told }: Progress): void {
  part<HTMLProgressElement>('progress').max = steps;
  part<HTMLProgressElement>('progress').value = step;
  const loss = told.at(-1)?.loss;
  const known = new Map(
    [...part('numbers').children].map((child) => [
      (child as HTMLElement).dataset.name,
      child.lastElementChild?.textContent,
    ]),
  );
  const values: [string, string][] = [
    ['step', `${count(step)} of ${count(steps)}`],
    ['loss', loss === undefined ? (known.get('loss') ?? '–') : loss.toFixed(3)],
    ['windows a second', rate === undefined ? '–' : rate.toFixed(rate < 10 ? 1 : 0)],
    ['GPU memory', megabytes(gpuBytes)],
    ['time', duration(seconds)],
    [
      'left',
      state.run === 'training' && step < steps && secondsLeft !== undefined
        ? `about ${duration(secondsLeft)}`
        : '–',
    ],
  ];
  part('numbers').replaceChildren(
    ...values.map(([name, value]) => {
      const box = element('div', '', { 'data-name': name });
      box.append(element('dt', name), element('dd', value));
      return box;
    }),
  );
}

const previews = new PreviewBox(part('previews'));

function showOutcome({ table: { headings, rows, notes }, findings, yardsticks }: Outcome): void {
  const [, ...others] = headings;
  part('held-out').replaceChildren(
    table(['signal', ...others], rows, `Of ${state.data}. ${notes.join(' ')}`),
    ...findings.map((sentence) => element('p', sentence)),
  );
  show('held-out', true);
  compareCurve(yardsticks);
}

/** Until the yardsticks are there. */
function showComparing(done: number): void {
  const box = part('held-out');
  const line = box.querySelector('.comparing') ?? element('p', '', { class: 'small comparing' });
  line.textContent = `Comparing with PCA of training windows: ${Math.floor(100 * done)} %.`;
  box.append(line);
}

/** What was reported of a run goes with it. */
function clearRun(): void {
  clearCurve();
  previews.clear();
  part('held-out').replaceChildren();
  show('held-out', false);
  part('numbers').replaceChildren();
}

const SAID = {
  none: '',
  starting: 'Getting ready: kernels are compiled the first time.',
  training: 'Training.',
  paused: 'Paused.',
  finished: 'Finished.',
} as const;

function hear(event: Event): void {
  if (event.kind === 'state') change({ run: event.state, model: event.model, data: event.data });
  else if (event.kind === 'progress') {
    showNumbers(event.progress);
    if (state.model) change({ model: { ...state.model, step: event.progress.step } });
    addToCurve(event.progress.told);
  } else if (event.kind === 'previews') previews.show(event.shown);
  else if (event.kind === 'heldOut') showOutcome(event.outcome);
  else if (event.kind === 'compared') showOutcome(event.outcome);
  else if (event.kind === 'comparing') showComparing(event.part);
  else if (event.kind === 'note') say('note', event.message);
  else if (event.kind === 'restarted') addToCurve(event.told);
  else if (event.kind === 'failed') tellProblem(event.message);
  else if (event.kind === 'saved')
    part('kept-step').textContent =
      event.step === null ? '' : `The run was kept last at step ${count(event.step)}.`;
  else if (event.kind === 'busy') part('busy').textContent = event.message ?? '';
}

/** The learning rate that goes with a size and a recipe, until a person writes another; the recipe that goes with a size likewise. */
const rateOf = (size: SpotrSize, recipe: RecipeName) =>
  String(recipeOf(recipe, size, 'generated').learningRate);
let rateIsChosen = false;
let recipeIsChosen = false;

function showDefaults(): void {
  const size = select('size').value as SpotrSize;
  if (!recipeIsChosen) select('recipe').value = defaultRecipe(size);
  if (!rateIsChosen) input('lr').value = rateOf(size, select('recipe').value as RecipeName);
}

export function setUpTraining(): void {
  setUpCurve();
  listen(hear);
  input('lr').addEventListener('input', () => {
    rateIsChosen = true;
  });
  select('recipe').addEventListener('change', () => {
    recipeIsChosen = true;
    showDefaults();
  });
  select('size').addEventListener('change', showDefaults);
  showDefaults();
  part<HTMLFormElement>('settings').addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt(part('train'), async () => {
      const wanted = [cutting(), settings(), input('from-loaded').checked] as const;
      if (await mayEndRun('Training anew', 'Train anew')) await ask('train', ...wanted);
    });
  });
  for (const name of ['pause', 'resume', 'stop'] as const)
    part(name).addEventListener('click', () => attempt(part(name), () => ask(name)));
  document.addEventListener('visibilitychange', () => {
    // A system that wants memory closes pages that nobody sees.
    if (document.hidden && state.run === 'training') void ask('keepSoon');
  });
  onThemeChange(() => {
    previews.redraw();
  });
  watch(({ run, signals, adapter, data, model }, before) => {
    // Results of a run stand as long as it does.
    if (run === 'none' || model?.id !== before.model?.id) clearRun();
    if (data) part('run-data').textContent = `Trained on ${data}.`;
    show('training', signals !== null && adapter !== null);
    show('run', run !== 'none');
    show('pause', run === 'training' || run === 'starting');
    show('resume', run === 'paused');
    show('stop', run === 'training' || run === 'paused');
    part('train').textContent = run === 'none' || run === 'starting' ? 'Train' : 'Train anew';
    part('train').classList.toggle('primary', run !== 'paused' && run !== 'training');
    part<HTMLButtonElement>('train').disabled = run === 'starting' || run === 'training';
    if (run === before.run) return;
    part('run-state').textContent = SAID[run];
    if (run === 'starting') part('numbers').replaceChildren(element('div', SAID.starting));
  });
}
