/** The loss of every step, source by source. */
import uPlot from 'uplot';
import type { Outcome, StepTold } from '../messages.ts';
import { colour, MODALITY_NAMES, onThemeChange, part } from './dom.ts';
import { classColour } from './palette.ts';

/** Points of a line: of more steps, means of several. */
const MOST_POINTS = 400;
/** Between ticks: there are no parts of steps. */
const TICK_STEPS = Array.from({ length: 8 }, (_, power) =>
  [1, 2, 5].map((factor) => factor * 10 ** power),
).flat();
const HEIGHT = 220;
const FLOOR_DASH = [6, 4];
const PCA_DASH = [2, 3];

let told: StepTold[] = [];
let plot: uPlot | undefined;
let sources: string[] = [];
/** Losses that lines across the plot show once the run is measured. */
let yardsticks: Outcome['yardsticks'] = [];
let waiting = false;

export function clearCurve(): void {
  told = [];
  yardsticks = [];
  sources = [];
  plot?.destroy();
  plot = undefined;
}

export function addToCurve(steps: readonly StepTold[]): void {
  told.push(...steps);
  for (const { source } of steps) if (!sources.includes(source)) sources.push(source);
  if (waiting || told.length === 0) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    draw();
  });
}

/** Draws what the losses are compared with. */
export function compareCurve(lines: Outcome['yardsticks']): void {
  yardsticks = lines;
  if (told.length > 0) draw();
}

function data(): uPlot.AlignedData {
  const last = told.at(-1)?.step ?? 1;
  const every = Math.ceil(last / MOST_POINTS);
  const bins = Math.ceil(last / every);
  const sums = sources.map(() => ({ sum: new Float64Array(bins), count: new Uint32Array(bins) }));
  for (const { step, loss, source } of told) {
    const line = sums[sources.indexOf(source)];
    const bin = Math.min(bins - 1, Math.floor((step - 1) / every));
    if (!line) continue;
    line.sum[bin] = (line.sum[bin] as number) + loss;
    line.count[bin] = (line.count[bin] as number) + 1;
  }
  // The middle of the steps that a point is the mean of, such as 1 to 4.
  const x = Array.from({ length: bins }, (_, bin) => bin * every + (every + 1) / 2);
  return [
    x,
    ...sums.map(({ sum, count }) =>
      Array.from(sum, (value, bin) => (count[bin] ? value / (count[bin] as number) : null)),
    ),
    ...yardsticks.map(({ loss }) => x.map(() => loss)),
  ];
}

function draw(): void {
  const box = part('curve');
  if (plot && plot.series.length === sources.length + yardsticks.length + 1) {
    plot.setData(data());
    return;
  }
  plot?.destroy();
  const axis = {
    stroke: colour('ink'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { stroke: colour('line') },
    font: '12px system-ui, sans-serif',
  };
  const options: uPlot.Options = {
    width: Math.max(200, box.clientWidth),
    height: HEIGHT,
    // Each line as it is drawn.
    legend: {
      live: false,
      markers: {
        // Upper and lower edge lie side by side.
        width: 1,
        dash: ({ series }, i) => {
          const { dash } = series[i] ?? {};
          return dash === undefined ? 'solid' : dash[0] === PCA_DASH[0] ? 'dotted' : 'dashed';
        },
      },
    },
    cursor: { show: false },
    scales: {
      x: { time: false, range: (_, low, high) => [Math.min(1, low ?? 1), Math.max(2, high ?? 2)] },
      y: { range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(1.1, (high ?? 1) * 1.05)] },
    },
    axes: [
      { ...axis, incrs: TICK_STEPS, label: 'step', labelSize: 18, labelFont: '12px system-ui, sans-serif' },
      {
        ...axis,
        label: 'loss (1: predicting zero)',
        labelSize: 18,
        labelFont: '12px system-ui, sans-serif',
        size: 44,
      },
    ],
    series: [
      {},
      ...sources.map((source, i) => ({
        label: MODALITY_NAMES[source] ?? source,
        stroke: classColour(i),
        width: 1.6,
        points: { show: isAlone, size: 6, fill: classColour(i) },
        spanGaps: true,
      })),
      ...yardsticks.map(({ source, name }) => ({
        label: `${MODALITY_NAMES[source] ?? source}, ${name}`,
        stroke: classColour(Math.max(0, sources.indexOf(source))),
        width: 1,
        dash: name.startsWith('PCA') ? PCA_DASH : FLOOR_DASH,
        points: { show: false },
      })),
    ],
  };
  plot = new uPlot(options, data(), box);
}

/** One value alone makes no line and would not be seen: it is a dot. */
function isAlone({ data }: uPlot, line: number): boolean {
  return Array.from(data[line] ?? []).filter((value) => value !== null).length === 1;
}

export function setUpCurve(): void {
  const again = () => {
    plot?.destroy();
    plot = undefined;
    if (told.length > 0) draw();
  };
  let width = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.round(entry?.contentRect.width ?? 0);
    if (now === width || now === 0) return;
    width = now;
    again();
  }).observe(part('curve'));
  onThemeChange(again);
}
