/** The map of tokens: colours, points, and the signals between two of them. */
import { Superseded } from '../latest.ts';
import type { MapPoints, WindowList } from '../messages.ts';
import { classesOf } from './classes.ts';
import { count, element, input, MODALITY_NAMES, onThemeChange, part, plural, select, show } from './dom.ts';
import { clearShown, drawShown, redraw } from './draw.ts';
import { classColour, MOST_CLASSES, timeColour } from './palette.ts';
import { Plot } from './plot.ts';
import { attempt } from './report.ts';
import { cutting } from './signals.ts';
import { change, state, watch } from './state.ts';
import { ask } from './worker.ts';

let plot: Plot;

export function nameOf(window: number, windows: WindowList): string {
  const label = windows.label[window];
  return `${windows.recordings[windows.recording[window] ?? 0]}, ${(windows.start[window] ?? 0).toFixed(1)} s${label ? ` (${label})` : ''}`;
}

/** The class of each window, null where it has none, and what such are called. */
function namesOf(
  windows: WindowList,
  by: string,
): readonly [names: readonly (string | null)[], nameless: string] {
  if (by === 'modality')
    return [windows.modality.map((name) => (name ? (MODALITY_NAMES[name] ?? name) : null)), 'unknown'];
  if (by === 'recording')
    return [Array.from(windows.recording, (place) => windows.recordings[place] ?? ''), 'unknown'];
  return [windows.label, 'no label'];
}

/** Colours of all windows, and what the legend says of them. */
function paint(): void {
  const { windows, map } = state;
  if (!windows || !map) return;
  const by = select('colour').value;
  if (by === 'time') {
    const last = windows.start.reduce((most, start) => Math.max(most, start), 1e-9);
    plot.show(
      map.points,
      Array.from(windows.start, (start) => timeColour(start / last)),
    );
    legend([0, 0.25, 0.5, 0.75, 1].map((part) => [timeColour(part), `${(part * last).toFixed(0)} s`]));
    return;
  }
  const [names, nameless] = namesOf(windows, by);
  const classes = classesOf(names, MOST_CLASSES, nameless);
  plot.show(
    map.points,
    classes.places.map((place) => classColour(place)),
  );
  legend(classes.legend.map(([place, text]) => [classColour(place), text]));
}

function legend(rows: readonly (readonly [colour: string, text: string])[]): void {
  part('legend').replaceChildren(
    ...rows.map(([colour, text]) => {
      const line = element('li');
      const swatch = element('span', '', { class: 'swatch' });
      swatch.style.background = colour;
      line.append(swatch, text);
      return line;
    }),
  );
}

/** Of what step of the model the tokens of a map are. */
export function stepsOf(map: MapPoints | null): string {
  if (!map) return '';
  return map.lastStep > map.step
    ? `tokens of steps ${count(map.step)} to ${count(map.lastStep)}, as training went on meanwhile`
    : `tokens of step ${count(map.step)}`;
}

function describe(map: MapPoints, windows: WindowList): void {
  const { axes, note } = map;
  part('map-note').textContent =
    `${plural(windows.start.length, 'window')} of ${state.signals?.name}, ${stepsOf(map)}. ${note} Across: ${axes[0]}; up: ${axes[1]}.`;
}

async function showWindow(window: number): Promise<void> {
  const { windows } = state;
  const shown = await ask('show', window, windows?.id);
  if (state.point === window && state.windows?.id === windows?.id) drawShown(part('shown-window'), shown);
}

let asking = false;
let wanted: number | undefined;

/** The newest wish only: sliding asks faster than anything answers. */
async function showBetween(): Promise<void> {
  wanted = Number(input('between').value) / 100;
  if (asking) return;
  asking = true;
  try {
    while (wanted !== undefined && state.a >= 0 && state.b >= 0) {
      const place: number = wanted;
      const { a, b, windows } = state;
      wanted = undefined;
      const shown = await ask('between', a, b, place, windows?.id).catch((error: unknown) => {
        // Of other windows it is asked for again.
        if (error instanceof Superseded && wanted !== undefined) return null;
        throw error;
      });
      const isAsked = a === state.a && b === state.b && windows?.id === state.windows?.id;
      if (shown && isAsked) drawShown(part('shown-between'), shown);
    }
  } finally {
    asking = false;
  }
}

function choose(point: number): void {
  if (point < 0) return;
  if (state.a < 0 || state.b >= 0) change({ point, a: point, b: -1 });
  else change({ point, b: point });
}

function step(by: number): void {
  const total = state.windows?.recording.length ?? 0;
  if (total > 0) change({ point: (Math.max(state.point, by < 0 ? 0 : -1) + by + total) % total });
}

const KEYS: Readonly<Record<string, () => void>> = {
  n: () => step(1),
  p: () => step(-1),
  a: () => change({ a: state.point }),
  b: () => change({ b: state.point }),
  Escape: () => change({ a: -1, b: -1, point: -1 }),
};

/** Where a person has set a mark: it is there again where the windows are others, and the recording the same. */
interface Mark {
  readonly recording: string;
  readonly start: number;
}

const marks: { a: Mark | null; b: Mark | null } = { a: null, b: null };

function markOf(window: number, windows: WindowList): Mark | null {
  if (window < 0) return null;
  const recording = windows.recordings[windows.recording[window] ?? 0] ?? '';
  return { recording, start: windows.start[window] ?? 0 };
}

/** The window that a mark lies in, or -1. */
function windowOf(mark: Mark | null, { recordings, recording, start, seconds }: WindowList): number {
  if (!mark) return -1;
  return start.findIndex(
    (from, i) =>
      recordings[recording[i] ?? 0] === mark.recording &&
      from <= mark.start + 1e-6 &&
      mark.start + 1e-6 < from + (seconds[i] ?? 0),
  );
}

async function embed(): Promise<void> {
  const windows = await ask('embed', cutting());
  const map = await ask('map', 'pca');
  select('map-kind').value = 'pca';
  select('map-kind').disabled = false;
  change({ windows, map, a: windowOf(marks.a, windows), b: windowOf(marks.b, windows), point: -1 });
}

export function setUpMap(): void {
  const canvas = part<HTMLCanvasElement>('map');
  plot = new Plot(canvas);
  part('embed').addEventListener('click', () => attempt(part('embed'), embed));
  select('map-kind').addEventListener('change', () =>
    attempt(
      select('map-kind'),
      async () => {
        part('busy').textContent =
          select('map-kind').value === 'umap' ? 'UMAP is looking for neighbours' : '';
        try {
          change({ map: await ask('map', select('map-kind').value as MapPoints['kind']) });
        } catch (error) {
          // The choice is that of the map which is shown.
          if (!(error instanceof Superseded) && state.map) select('map-kind').value = state.map.kind;
          throw error;
        } finally {
          part('busy').textContent = '';
        }
      },
      'latest',
    ),
  );
  select('colour').addEventListener('change', paint);
  canvas.addEventListener('click', ({ offsetX, offsetY }) => choose(plot.nearest(offsetX, offsetY)));
  canvas.addEventListener('keydown', (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  input('between').addEventListener('input', () => {
    plot.mark({ ...state, part: Number(input('between').value) / 100 });
    void attempt(null, showBetween);
  });
  onThemeChange(() => {
    paint();
    for (const id of ['shown-window', 'shown-between']) redraw(part(id));
  });
  watch((now, before) => {
    const { windows, map, a, b, point, model } = now;
    if (map && (model?.id !== before.model?.id || now.signals !== before.signals)) {
      // Neither is it of other weights, nor of other signals.
      change({ map: null, windows: null, a: -1, b: -1, point: -1 });
      return;
    }
    if (windows && windows.id === before.windows?.id) {
      if (a !== before.a) marks.a = markOf(a, windows);
      if (b !== before.b) marks.b = markOf(b, windows);
    }
    if (windows?.id !== before.windows?.id) clearShown(part('shown-window'));
    show('tokens', now.signals !== null && model !== null);
    show('map-body', map !== null);
    show('labels', map !== null);
    if (map !== before.map || windows !== before.windows) {
      if (map && windows) describe(map, windows);
      paint();
    }
    if (!windows || !map) return;
    if (a === before.a && b === before.b && point === before.point && map === before.map) return;
    plot.mark({ a, b, point, part: Number(input('between').value) / 100 });
    part('point-a').textContent = `A: ${a < 0 ? 'choose a point' : nameOf(a, windows)}`;
    part('point-b').textContent = `B: ${b < 0 ? 'choose another' : nameOf(b, windows)}`;
    input('between').disabled = a < 0 || b < 0;
    const areOthers = a !== before.a || b !== before.b;
    if (areOthers) input('between').value = '50';
    // Of the same marks on a map made anew the picture is another too.
    if (areOthers || windows.id !== before.windows?.id) {
      clearShown(part('shown-between'));
      if (a >= 0 && b >= 0) void attempt(null, showBetween);
    }
    if (point >= 0 && point !== before.point) void attempt(null, () => showWindow(point));
    canvas.setAttribute(
      'aria-label',
      `Map of ${count(windows.recording.length)} windows${point < 0 ? '' : `; at ${nameOf(point, windows)}`}`,
    );
  });
}
