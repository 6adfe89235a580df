/** Choosing what to work on. */

import type { Modality, SecondsByKind, WindowSeconds } from '../../data/index.ts';
import { Latest, Superseded } from '../latest.ts';
import type { Cutting, Dropped, Reading, Signals } from '../messages.ts';
import {
  count,
  duration,
  element,
  input,
  list,
  MODALITY_NAMES,
  offer,
  part,
  say,
  select,
  show,
} from './dom.ts';
import { chosenFiles, droppedFiles } from './dropped.ts';
import { mayEndRun } from './may-end-run.ts';
import { attempt } from './report.ts';
import { change, state, watch } from './state.ts';
import { ask, listen } from './worker.ts';

/** Channels that are listed one by one. */
const MOST_LISTED = 256;

/** Those that were chosen last, whether they could be opened or not. */
let files: readonly Dropped[] = [];
/** Of several choices the last one counts, however long it takes to find the files of the others. */
const choices = new Latest<'choice'>({ choice: [] });

function reading(): Reading {
  const rate = Number(input('rate').value);
  return { rate: rate > 0 ? rate : null, modality: (select('kind').value || null) as Modality | null };
}

/** Of windows while no number stands in the field: each kind as the weights were trained. */
let byKind: SecondsByKind | null = null;

export function showSeconds(seconds: WindowSeconds): void {
  const isOne = typeof seconds === 'number';
  byKind = isOne ? null : seconds;
  const field = input('seconds');
  field.value = isOne ? String(seconds) : '';
  field.placeholder = isOne ? '' : 'by kind';
  field.required = isOne;
}

/** How windows are to be cut, as the page says. */
export function cutting(): Cutting {
  const mains = select('mains').value;
  const seconds = input('seconds').value;
  const boxes = [...part('channels').querySelectorAll<HTMLInputElement>('input')];
  const chosen = boxes.filter(({ checked }) => checked).map(({ value }) => value);
  return {
    mains: mains === '50' ? 50 : mains === '60' ? 60 : (mains as 'auto' | 'none'),
    seconds: seconds === '' && byKind ? byKind : Number(seconds),
    channels:
      boxes.every(({ checked, defaultChecked }) => checked === defaultChecked) || chosen.length === 0
        ? null
        : chosen,
  };
}

export function showCutting({ mains, seconds, channels }: Cutting): void {
  select('mains').value = String(mains);
  showSeconds(seconds);
  for (const box of part('channels').querySelectorAll<HTMLInputElement>('input'))
    box.checked = channels === null ? box.defaultChecked : channels.includes(box.value);
  rememberChannels();
}

/** New signals: whatever was made of those before is gone. */
function take(signals: Signals, given: Reading): void {
  sayKept('');
  list('cut-remarks', []);
  change({ signals, reading: given, windows: null, map: null, a: -1, b: -1, point: -1 });
}

/** Afterwards: traces do not wait for a copy of a large file. */
async function keep(): Promise<void> {
  const { signals } = state;
  const isFiles = signals?.kind === 'files';
  sayKept(isFiles ? 'A copy is being written to the own storage of this browser…' : '');
  const kept = await ask('keepSignals').catch(() => false);
  if (state.signals === signals) sayKept(isFiles && kept ? KEPT : '');
}

const KEPT =
  'A copy is kept in this browser until you wipe it, choose other signals, or the browser needs the room.';

let kept = '';
/** Choices that are being opened. */
let openings = 0;

/** What is said of the copy of the signals at hand; not while others are opened. */
export function sayKept(text: string): void {
  kept = text;
  part('signals-kept').textContent = openings > 0 ? '' : kept;
}

/** What was kept is worked on again, read as it was. */
export function showKept({ kind }: Signals, { rate, modality }: Reading): void {
  showReading({ rate, modality });
  sayKept(kind === 'files' ? KEPT : '');
}

/** Makes other signals those that are worked on, where a person is sure that what goes with those before may go. */
function choose(
  control: HTMLElement,
  find: () => Promise<(() => Promise<Signals>) | null>,
  refused: () => void = () => {},
): Promise<void> {
  return attempt(
    control,
    () =>
      choices.ask('choice', async (check) => {
        const open = await find();
        check();
        if (!open) return;
        if (!(await mayEndRun('Working on other signals', 'Take the other signals'))) {
          check();
          refused();
          return;
        }
        check();
        await opening(open);
      }),
    'latest',
  );
}

function showReading({ rate, modality }: Reading): void {
  input('rate').value = rate === null ? '' : String(rate);
  select('kind').value = modality ?? '';
}

async function opening(open: () => Promise<Signals>): Promise<void> {
  part('signals-what').textContent = 'Opening…';
  show('signals-body', true);
  openings++;
  sayKept(kept);
  try {
    await open();
    void keep();
  } catch (error) {
    if (error instanceof Superseded) throw error;
    // What is worked on is still that of before.
    if (state.signals) describe(state.signals);
    show('signals-body', state.signals !== null);
    if (/rate/i.test(String(error))) part<HTMLDetailsElement>('reading').open = true;
    throw error;
  } finally {
    openings--;
    sayKept(kept);
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
  list('skipped', remarks);
  offer(
    select('recording'),
    recordings.map(({ name }, i) => [String(i), name]),
  );
  select('recording').value = '0';
}

/** Channels that a person took in or out: they stay so when the files are read again, or others have channels called alike. */
const byHand = new Map<string, boolean>();

function listChannels({ kind, recordings }: Signals): void {
  const all = kind === 'generated' ? [] : recordings.flatMap(({ channels }) => channels);
  const labels = [...new Set(all.map(({ label }) => label))];
  const used = new Set(all.flatMap((channel) => (channel.used ? [channel.label] : [])));
  const legend = element('legend', 'Channels to use', { class: 'hidden' });
  const boxes = labels.slice(0, MOST_LISTED).map((label) => {
    const line = element('label', '', { class: 'check' });
    const box = element('input', '', { type: 'checkbox', value: label });
    box.defaultChecked = used.has(label);
    box.checked = byHand.get(label) ?? box.defaultChecked;
    line.append(box, ` ${label}`);
    return line;
  });
  part('channels').replaceChildren(legend, ...boxes);
  show('channels-box', labels.length > 1);
  show('mains-field', kind === 'files');
  countChannels();
}

function rememberChannels(): void {
  for (const box of part('channels').querySelectorAll<HTMLInputElement>('input'))
    if (box.checked === box.defaultChecked) byHand.delete(box.value);
    else byHand.set(box.value, box.checked);
  countChannels();
}

function countChannels(): void {
  const boxes = [...part('channels').querySelectorAll<HTMLInputElement>('input')];
  const chosen = boxes.filter(({ checked }) => checked).map(({ value }) => value);
  const some = chosen.length > 0 ? chosen.join(', ') : 'none chosen, so those of its kind are used';
  part('channels-count').textContent = chosen.length === boxes.length ? 'all' : some;
}

export function setUpSignals(): void {
  part('generated').addEventListener('click', () =>
    choose(part('generated'), async () => () => {
      files = [];
      return ask('useGenerated');
    }),
  );
  const chosen = (given: Dropped[] | Promise<Dropped[]>) =>
    choose(part('drop'), async () => {
      const found = await given;
      if (found.length === 0) return null;
      return () => {
        files = found;
        return ask('useFiles', found, reading());
      };
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
      if (files.length === 0 && state.signals?.kind !== 'files') return;
      void choose(
        part(id),
        async () => () =>
          files.length > 0 ? ask('useFiles', files, reading()) : ask('readAgain', reading()),
        // What is chosen is how the signals at hand were read.
        () => showReading(state.reading),
      );
    });
  part('channels').addEventListener('change', rememberChannels);
  listen((event) => {
    if (event.kind === 'cut') list('cut-remarks', event.remarks);
    if (event.kind === 'signals') take(event.signals, event.reading);
  });
  watch(({ signals }, before) => {
    if (signals === before.signals || !signals) return;
    say('note', null);
    show('kept', false);
    show('signals-body', true);
    describe(signals);
    listChannels(signals);
  });
}
