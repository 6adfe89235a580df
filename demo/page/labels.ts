/** Labels of windows, by hand and from tables, and the probe. */

import type { Modality } from '../../data/index.ts';
import { showInterval, showMetric, withDeviation } from '../../model/evaluate/summary.ts';
import type { Probed } from '../messages.ts';
import { element, input, MODALITY_NAMES, offer, part, select, table } from './dom.ts';
import { attempt } from './report.ts';
import { change, state, watch } from './state.ts';
import { ask } from './worker.ts';

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
  took(await ask('label', picked, text));
}

function took(labels: readonly (string | null)[]): void {
  if (!state.windows) return;
  change({ windows: { ...state.windows, label: labels } });
  select('colour').value = 'label';
  select('colour').dispatchEvent(new Event('change'));
}

function show(probed: Probed): void {
  const { classes, positive, windows, rows, confusion, how, groups, seeds, remarks } = probed;
  const lines = rows.map(({ name, metrics, seeds: runs, intervals }) => [
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
    table(
      ['', 'AUROC', `95 % by ${groups}`, 'AUPRC', 'balanced accuracy', 'F1 (macro)', 'kappa'],
      lines,
      `${windows.test} test windows; ${windows.train} for training, ${windows.validation} for validation`,
    ),
    table(
      ['true \\ predicted', ...classes],
      confusion.map((line, i) => [classes[i] ?? '', ...line.map(number)]),
      `What the probe takes test windows for, mean over ${seeds} seeds`,
    ),
    element('p', [how, ...(positive ? [`Positive class: ${positive.how}.`] : []), ...remarks].join(' '), {
      class: 'small',
    }),
  );
}

export function setUpLabels(): void {
  part<HTMLFormElement>('labelling').addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt(part('labelling'), () => label(input('label').value.trim()));
  });
  part('unlabel').addEventListener('click', () => attempt(part('unlabel'), () => label(null)));
  input('label-file').addEventListener('change', () => {
    const [file] = input('label-file').files ?? [];
    if (file) void attempt(input('label-file'), async () => took(await ask('labelFrom', file)));
  });
  part('probe').addEventListener('click', () =>
    attempt(part('probe'), async () => {
      part('probed').textContent = 'Learning from the labels…';
      try {
        show(await ask('probe', (select('probe-of').value || null) as Modality | null));
      } catch (error) {
        part('probed').replaceChildren();
        throw error;
      }
    }),
  );
  watch(({ windows }, before) => {
    if (!windows || windows === before.windows) return;
    // Kinds with the most labels first: a probe across kinds would only tell kinds apart.
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
  });
}
