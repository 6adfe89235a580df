/** Choosing what to work on. */

import type { Modality } from '../../data/index.ts';
import type { Cutting, Dropped, Reading, Signals } from '../messages.ts';
import { count, duration, element, input, MODALITY_NAMES, offer, part, say, select, show } from './dom.ts';
import { chosenFiles, droppedFiles } from './dropped.ts';
import { attempt } from './report.ts';
import { change, state, watch } from './state.ts';
import { ask } from './worker.ts';

/** Channels that are listed one by one. */
const MOST_LISTED = 256;

let files: readonly Dropped[] = [];

function reading(): Reading {
  const rate = Number(input('rate').value);
  return { rate: rate > 0 ? rate : null, modality: (select('kind').value || null) as Modality | null };
}

/** How windows are to be cut, as the page says. */
export function cutting(): Cutting {
  const mains = select('mains').value;
  const boxes = [...part('channels').querySelectorAll<HTMLInputElement>('input')];
  const chosen = boxes.filter(({ checked }) => checked).map(({ value }) => value);
  return {
    mains: mains === '50' ? 50 : mains === '60' ? 60 : (mains as 'auto' | 'none'),
    seconds: Number(input('seconds').value),
    channels:
      boxes.every(({ checked, defaultChecked }) => checked === defaultChecked) || chosen.length === 0
        ? null
        : chosen,
  };
}

export function showCutting({ mains, seconds, channels }: Cutting): void {
  select('mains').value = String(mains);
  input('seconds').value = String(seconds);
  for (const box of part('channels').querySelectorAll<HTMLInputElement>('input'))
    box.checked = channels === null ? box.defaultChecked : channels.includes(box.value);
  countChannels();
}

/** New signals: whatever was made of those before is gone. */
export function take(signals: Signals): void {
  change({ signals, windows: null, map: null, a: -1, b: -1, point: -1 });
}

/** Afterwards: traces do not wait for a copy of a large file. */
async function keep(): Promise<void> {
  const { signals } = state;
  const isFiles = signals?.kind === 'files';
  sayKept(isFiles ? 'A copy is being written to the own storage of this browser…' : '');
  const kept = await ask('keepSignals').catch(() => false);
  if (state.signals === signals) sayKept(isFiles && kept ? KEPT : '');
}

const KEPT = 'A copy is kept in this browser until you wipe it.';
const sayKept = (text: string) => {
  part('signals-kept').textContent = text;
};

/** What was kept is worked on again. */
export function takeKept(signals: Signals): void {
  take(signals);
  sayKept(signals.kind === 'files' ? KEPT : '');
}

async function open(given: readonly Dropped[]): Promise<void> {
  files = given;
  const texts = ['signals-what', 'signals-kept'].map((id) => [part(id), part(id).textContent] as const);
  part('signals-what').textContent = 'Opening…';
  sayKept('');
  show('signals-body', true);
  try {
    take(await ask('useFiles', given, reading()));
    void keep();
  } catch (error) {
    // What is worked on is still that of before.
    for (const [place, text] of texts) place.textContent = text;
    show('signals-body', state.signals !== null);
    if (/rate/i.test(String(error))) part<HTMLDetailsElement>('reading').open = true;
    throw error;
  }
}

function describe({ kind, recordings, skipped }: Signals): void {
  const seconds = recordings.reduce((sum, recording) => sum + recording.seconds, 0);
  const names = [
    ...new Set(
      recordings.map(
        ({ modality }) => MODALITY_NAMES[modality ?? ''] ?? 'of a kind that the file does not say',
      ),
    ),
  ];
  const formats = [...new Set(recordings.map(({ format }) => format))];
  const what = `${count(recordings.length)} ${recordings.length === 1 ? 'recording' : 'recordings'} (${formats.join(', ')}), ${duration(seconds)} of signal: ${names.join(', ')}.`;
  const more =
    kind === 'files' ? '' : ' Training draws new windows of other people without end; these are for looking.';
  part('signals-what').textContent = `${what}${more}`;
  const remarks = [
    ...skipped.map(
      ({ path, reason }) => `Passed over: ${reason.startsWith(path) ? reason : `${path}: ${reason}`}`,
    ),
    ...recordings.flatMap(({ name, notes }) => notes.map((note) => `${name}: ${note}`)),
  ];
  part('skipped').replaceChildren(...remarks.slice(0, 8).map((text) => element('li', text)));
  show('skipped', remarks.length > 0);
  offer(
    select('recording'),
    recordings.map(({ name }, i) => [String(i), name]),
  );
  select('recording').value = '0';
}

function listChannels({ kind, recordings }: Signals): void {
  const all = kind === 'generated' ? [] : recordings.flatMap(({ channels }) => channels);
  const labels = [...new Set(all.map(({ label }) => label))];
  const used = new Set(all.flatMap((channel) => (channel.used ? [channel.label] : [])));
  const legend = element('legend', 'Channels to use', { class: 'hidden' });
  const boxes = labels.slice(0, MOST_LISTED).map((label) => {
    const line = element('label', '', { class: 'check' });
    const box = element('input', '', { type: 'checkbox', value: label });
    box.defaultChecked = used.has(label);
    line.append(box, ` ${label}`);
    return line;
  });
  part('channels').replaceChildren(legend, ...boxes);
  show('channels-box', labels.length > 1);
  show('mains-field', kind === 'files');
  countChannels();
}

function countChannels(): void {
  const boxes = [...part('channels').querySelectorAll<HTMLInputElement>('input')];
  const chosen = boxes.filter(({ checked }) => checked).map(({ value }) => value);
  part('channels-count').textContent = chosen.length === boxes.length ? 'all' : chosen.join(', ');
}

export function setUpSignals(): void {
  part('generated').addEventListener('click', () =>
    attempt(part('generated'), async () => {
      take(await ask('useGenerated'));
      void keep();
    }),
  );
  const chosen = (given: Dropped[] | Promise<Dropped[]>) =>
    attempt(part('drop'), async () => {
      const found = await given;
      if (found.length > 0) await open(found);
    });
  input('files').addEventListener('change', () => {
    void chosen(chosenFiles(input('files').files));
    // The same file can be chosen again.
    input('files').value = '';
  });
  for (const name of ['dragenter', 'dragover'] as const)
    document.addEventListener(name, (event) => {
      event.preventDefault();
      part('drop').classList.add('over');
    });
  for (const name of ['dragleave', 'drop'] as const)
    document.addEventListener(name, (event) => {
      event.preventDefault();
      part('drop').classList.remove('over');
    });
  document.addEventListener('drop', ({ dataTransfer }) => {
    if (dataTransfer) void chosen(droppedFiles(dataTransfer));
  });
  for (const id of ['rate', 'kind'])
    part(id).addEventListener('change', () => {
      if (files.length > 0) void attempt(null, () => open(files));
    });
  part('channels').addEventListener('change', countChannels);
  watch(({ signals }, before) => {
    if (signals === before.signals || !signals) return;
    say('note', null);
    show('kept', false);
    show('signals-body', true);
    describe(signals);
    listChannels(signals);
  });
}
