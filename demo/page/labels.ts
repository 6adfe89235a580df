/** Labels of windows, by hand and from tables, and the probe. */

import type { Modality } from '../../data/index.ts';
import { showInterval, showMetric, withDeviation } from '../../evaluate/summary.ts';
import type { Probed, WindowList } from '../messages.ts';
import {
  count,
  download,
  element,
  input,
  list,
  MODALITY_NAMES,
  offer,
  part,
  plural,
  select,
  sentences,
  show,
  table,
} from './dom.ts';
import { isSaved } from './leave.ts';
import { stepsOf } from './map.ts';
import { isSure } from './question.ts';
import { attempt } from './report.ts';
import { change, state, watch } from './state.ts';
import { ask, listen } from './worker.ts';

/** The windows from A to B where both are of one recording, else those of the two that are chosen. */
function chosen(): number[] {
  const { a, b, windows } = state;
  if (!windows) return [];
  if (a >= 0 && b >= 0 && windows.recording[a] === windows.recording[b]) {
    const [from, to] = [Math.min(a, b), Math.max(a, b)];
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  }
  return [a, b].filter((window) => window >= 0);
}

async function label(text: string | null): Promise<void> {
  const picked = chosen();
  if (picked.length === 0) throw new Error('Choose a point of the map first: it is then marked A.');
  if (text === '') throw new Error('Write the label first.');
  await ask('label', picked, text, state.windows?.id);
  showColours();
}

async function readTable(file: File): Promise<void> {
  const told = await ask('labelFrom', file, false);
  if ('asks' in told) {
    const sure = await isSure({
      text: told.asks,
      go: 'Take the table’s',
      save: { text: 'Save the labels first', act: saveLabels },
    });
    if (!sure) return;
    await ask('labelFrom', file, true);
  }
  showColours();
}

export async function saveLabels(): Promise<void> {
  download(await ask('saveLabels'), 'labels.csv');
  isSaved('labels');
}

function showColours(): void {
  select('colour').value = 'label';
  select('colour').dispatchEvent(new Event('change'));
}

/** The windows and labels that the probe learned from whose table is shown. */
let probed: WindowList | null = null;

function showTable(found: Probed, of: string): void {
  const { classes, positive, windows, tables, confusion, how, groups, seeds, remarks, protocol } = found;
  const linesOf = (rows: (typeof tables)[number]['rows']) =>
    rows.map(({ name, metrics, seeds: runs, intervals }) => [
      name,
      withDeviation(runs.map(({ auroc }) => auroc)),
      showInterval(intervals.auroc),
      showMetric(metrics.auprc),
      showMetric(metrics.balancedAccuracy),
      showMetric(metrics.f1),
      showMetric(metrics.kappa),
    ]);
  const number = (value: number) => String(Number(value.toFixed(1)));
  part('probed').replaceChildren(
    ...tables.map(({ title, rows }, i) =>
      table(
        ['', 'AUROC', `95 % by ${groups}`, 'AUPRC', 'balanced accuracy', 'F1 (macro)', 'kappa'],
        linesOf(rows),
        i === 0
          ? `${of}: ${plural(windows.test, 'test window')}; ${count(windows.train)} for training, ${count(windows.validation)} for validation`
          : `${title}: the mean of the scores of their windows`,
      ),
    ),
    ...(confusion.length > 0
      ? [
          table(
            ['true \\ predicted', ...classes],
            confusion.map((line, i) => [classes[i] ?? '', ...line.map(number)]),
            `What the probe takes test windows for, mean over ${seeds} seeds`,
          ),
        ]
      : []),
    sentences([
      how,
      `Probe, ${protocol}.`,
      ...(positive ? [`Positive class: ${positive.how}.`] : []),
      ...remarks,
    ]),
  );
}

/** Says of a result that it is of other labels, subjects or parts than there are now. */
function markProbed(): void {
  document.getElementById('probed-before')?.remove();
  const { windows } = state;
  if (!probed || !windows) return;
  const isSame = (key: 'label' | 'division') => probed?.[key].every((own, i) => own === windows[key][i]);
  if (isSame('label') && isSame('division')) return;
  const what = isSame('label') ? 'Subjects or parts' : 'The labels';
  part('probed').prepend(
    element('p', `${what} have changed since: this is of those before. Probe again.`, {
      id: 'probed-before',
      class: 'notice',
    }),
  );
}

/** The labels of the kind that is probed, where there are two of them: of others there is no positive one. */
function offerPositive(): void {
  const { windows } = state;
  const kind = select('probe-of').value;
  const own = windows?.label.filter((_, i) => kind === '' || windows.modality[i] === kind) ?? [];
  const labels = [...new Set(own.flatMap((label) => (label === null ? [] : [label])))].sort();
  const two = labels.length === 2 ? labels : [];
  offer(select('positive'), [['', 'the rarer'], ...two.map((label): [string, string] => [label, label])]);
}

export function setUpLabels(): void {
  select('probe-of').addEventListener('change', offerPositive);
  part<HTMLFormElement>('labelling').addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt(part('labelling'), () => label(input('label').value.trim()));
  });
  part('unlabel').addEventListener('click', () => attempt(part('unlabel'), () => label(null)));
  part('undo').addEventListener('click', () => attempt(part('undo'), () => ask('undoLabels')));
  input('label-file').addEventListener('change', () => {
    const [file] = input('label-file').files ?? [];
    // The same file can be chosen again.
    input('label-file').value = '';
    if (file) void attempt(input('label-file'), () => readTable(file), 'latest');
  });
  part('probe').addEventListener('click', () =>
    attempt(part('probe'), async () => {
      const { windows, signals, map } = state;
      probed = null;
      part('probed').textContent = 'Learning from the labels…';
      show('stop-probe', true);
      try {
        const found = await ask(
          'probe',
          (select('probe-of').value || null) as Modality | null,
          select('positive').value || null,
        );
        showTable(found, `${signals?.name}, ${stepsOf(map)}`);
        probed = windows;
        markProbed();
      } catch (error) {
        part('probed').replaceChildren();
        throw error;
      } finally {
        show('stop-probe', false);
      }
    }),
  );
  part('stop-probe').addEventListener('click', () => attempt(part('stop-probe'), () => ask('stopProbe')));
  listen((event) => {
    if (event.kind === 'probing') part('probed').textContent = `Learning from the labels: ${event.what}…`;
    if (event.kind !== 'labels') return;
    const { labels } = event;
    list('labels-left-out', labels.leftOut);
    const { windows } = state;
    const isOfMap = windows !== null && windows.label.length === labels.windows.length;
    change({
      labels,
      ...(isOfMap && { windows: { ...windows, label: labels.windows, division: labels.division } }),
    });
  });
  watch(({ labels, windows }, before) => {
    part<HTMLButtonElement>('undo').disabled = !labels?.undoable;
    part('undo').textContent = labels?.undoable ? `Undo: ${labels.undoable}` : 'Undo';
    // Of other windows no result is left; of other labels it says so.
    if (windows?.id !== before.windows?.id) {
      probed = null;
      part('probed').replaceChildren();
    } else if (windows !== before.windows) markProbed();
  });
  watch(({ windows }, before) => {
    if (!windows || windows === before.windows) return;
    // Kinds with the most labels first: a probe across kinds would only distinguish kinds.
    const kinds = [...new Set(windows.modality)];
    const labels = (kind: Modality | null) =>
      new Set(windows.label.filter((label, i) => label !== null && windows.modality[i] === kind)).size;
    const sorted = kinds.sort((one, other) => labels(other) - labels(one));
    const known = before.windows !== null;
    offer(select('probe-of'), [
      ...sorted.flatMap((kind): [string, string][] => (kind ? [[kind, MODALITY_NAMES[kind] ?? kind]] : [])),
      ['', 'all kinds'],
    ]);
    if (!known) select('probe-of').selectedIndex = 0;
    offerPositive();
  });
}
