/** Traces of a recording: channels stacked, each to a scale of its own, with its unit. */
import uPlot from 'uplot';
import type { RecordingFacts, Traces } from '../messages.ts';
import { colour, onThemeChange, part, select } from './dom.ts';
import { attempt } from './report.ts';
import { state, watch } from './state.ts';
import { ask } from './worker.ts';

const LEAST_SECONDS = 0.25;
const MOST_SECONDS = 300;
/** Pixels of a channel: where there are many they share what a screen has, as long as they can be distinguished. */
const ROW = 54;
const LEAST_ROW = 18;
const ALL_ROWS = 640;
/** From here on a row has room for its scale below its name. */
const SCALED_ROW = 32;
const MOST_NAME = 18;

let view = { recording: 0, from: 0, seconds: 10 };
let shown: Traces | undefined;
let plot: uPlot | undefined;
let asked = 0;

const recordingAt = (index: number): RecordingFacts | undefined => state.signals?.recordings[index];

/** Rows are one apart; the middle of a row is the channel's median, its height four typical deviations. */
function stacked({ lines }: Traces) {
  return lines.map(({ values }, row) => {
    const sorted = Float32Array.from(values.filter(Number.isFinite)).sort();
    const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
    const middle = at(0.5);
    const scale = Math.max(at(0.995) - middle, middle - at(0.005)) * 2.1 || 1;
    const place = lines.length - 1 - row;
    return {
      scale,
      place,
      values: Array.from(values, (value) =>
        Number.isFinite(value) ? place + (value - middle) / scale : null,
      ),
    };
  });
}

function showAmount(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(2)).toString();
}

function draw(): void {
  if (!shown) return;
  const traces = shown;
  const rows = stacked(traces);
  const box = part('traces');
  const narrow = box.clientWidth < 600;
  const axis = {
    stroke: colour('ink'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { stroke: colour('line') },
    font: '12px system-ui, sans-serif',
  };
  const row = Math.min(ROW, Math.max(LEAST_ROW, ALL_ROWS / rows.length));
  const names = rows.map(({ scale }, i) => {
    const { label: whole = '', unit = '' } = traces.lines[i] ?? {};
    const most = narrow ? 9 : MOST_NAME;
    const label = whole.length > most ? `${whole.slice(0, most - 1)}…` : whole;
    if (row < SCALED_ROW) return label;
    return `${label}\n±${showAmount(scale / 2)} ${unit.replace(/^u(?=[VA])/, 'µ')}`.trim();
  });
  const longest = Math.max(0, ...names.flatMap((name) => name.split('\n').map((line) => line.length)));
  const options: uPlot.Options = {
    width: Math.max(200, box.clientWidth),
    height: Math.max(180, rows.length * row + 60),
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: false }, y: false, points: { show: false } },
    scales: {
      x: { time: false, range: [traces.from, traces.from + traces.seconds] },
      y: { range: [-0.6, rows.length - 0.4] },
    },
    axes: [
      // Of a plot that is higher than the screen the top is seen first.
      {
        ...axis,
        side: rows.length * row > ALL_ROWS ? 0 : 2,
        label: 'seconds',
        labelSize: 18,
        labelFont: '12px system-ui, sans-serif',
      },
      {
        ...axis,
        size: Math.max(narrow ? 64 : 96, 22 + 8 * longest),
        splits: rows.map(({ place }) => place),
        values: () => names,
        grid: { show: false },
      },
    ],
    series: [
      {},
      ...rows.map(() => ({ stroke: colour('trace'), width: 1, points: { show: false }, spanGaps: false })),
    ],
    hooks: {
      setSelect: [
        (self) => {
          const { left, width } = self.select;
          if (width < 8) return;
          const [from, to] = [self.posToVal(left, 'x'), self.posToVal(left + width, 'x')];
          self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          move(from, to - from);
        },
      ],
    },
  };
  plot?.destroy();
  plot = new uPlot(
    options,
    [Array.from(traces.times), ...rows.map(({ values }) => values)] as uPlot.AlignedData,
    box,
  );
  const { from, seconds } = traces;
  const total = recordingAt(view.recording)?.seconds ?? 0;
  part('traces-where').textContent =
    `${from.toFixed(1)} to ${(from + seconds).toFixed(1)} of ${total.toFixed(1)} s`;
  box.setAttribute(
    'aria-label',
    `Traces of ${recordingAt(view.recording)?.name}, ${rows.length} channels, ${part('traces-where').textContent}`,
  );
}

async function load(): Promise<void> {
  const own = ++asked;
  const points = Math.max(400, 2 * part('traces').clientWidth);
  const traces = await ask('traces', view.recording, view.from, view.seconds, points);
  // Another stretch may have been asked for meanwhile.
  if (own !== asked) return;
  shown = traces;
  draw();
}

/** Shows a stretch, as far as the recording goes. */
function move(from: number, seconds: number): void {
  const total = recordingAt(view.recording)?.seconds ?? 0;
  const length = Math.min(total, MOST_SECONDS, Math.max(LEAST_SECONDS, seconds));
  view = { ...view, seconds: length, from: Math.max(0, Math.min(total - length, from)) };
  void attempt(null, load);
}

const zoom = (factor: number, part = 0.5) => {
  const seconds = Math.min(MOST_SECONDS, Math.max(LEAST_SECONDS, view.seconds * factor));
  move(view.from + part * (view.seconds - seconds), seconds);
};
const pan = (part: number) => move(view.from + part * view.seconds, view.seconds);

const KEYS: Readonly<Record<string, () => void>> = {
  ArrowLeft: () => pan(-0.25),
  ArrowRight: () => pan(0.25),
  '+': () => zoom(1 / 1.5),
  '=': () => zoom(1 / 1.5),
  '-': () => zoom(1.5),
};

export function setUpTraces(): void {
  part('traces').tabIndex = 0;
  for (const [id, act] of [
    ['earlier', () => pan(-0.5)],
    ['later', () => pan(0.5)],
    ['closer', () => zoom(0.5)],
    ['wider', () => zoom(2)],
  ] as const)
    part(id).addEventListener('click', act);
  select('recording').addEventListener('change', ({ target }) => {
    view = { ...view, recording: Number((target as HTMLSelectElement).value) };
    move(0, 10);
  });
  part('traces').addEventListener('keydown', (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  part('traces').addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey && Math.abs(event.deltaY) < Math.abs(event.deltaX)) {
        event.preventDefault();
        pan(Math.sign(event.deltaX) * 0.1);
        return;
      }
      // With the page's own scrolling left alone, zooming needs the plot to be in use.
      if (!event.ctrlKey && document.activeElement !== part('traces')) return;
      event.preventDefault();
      const box = part('traces').getBoundingClientRect();
      zoom(Math.exp(event.deltaY * 0.002), (event.clientX - box.left) / box.width);
    },
    { passive: false },
  );
  let width = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.round(entry?.contentRect.width ?? 0);
    if (now === width || now === 0) return;
    width = now;
    draw();
  }).observe(part('traces'));
  onThemeChange(draw);
  watch(({ signals }, before) => {
    if (signals === before.signals || !signals) return;
    view = { ...view, recording: 0 };
    move(0, 10);
  });
}
