/** Small pictures of windows: the original, and what came back of it, with their axes. */
import type { Shown } from '../messages.ts';
import { colour, element, showRatio } from './dom.ts';

const ROW = 34;
const MOST_ROWS = 8;
/** Of a canvas: names of channels to the left, the scale to the right, the axis of time below. */
const [LEFT, RIGHT, TOP, BELOW] = [58, 44, 4, 30];
/** Standard deviations in a row, and those that the bar of the scale is long. */
const ROW_DEVIATIONS = 6.5;
const BAR = 4;
/** Ticks of time, at most. */
const MOST_TICKS = 6;

interface Picture {
  readonly caption: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  /** A canvas that is only stretched has letters of another size: it is drawn again at another width. */
  readonly onWidth: ResizeObserver;
}

const pictures = new WeakMap<HTMLElement, Picture>();
const latest = new WeakMap<HTMLElement, Shown>();

/** What stands over a picture. */
export function captionOf({ title, channels, error }: Shown): string {
  const rows = Math.min(MOST_ROWS, channels.length);
  const some = rows < channels.length ? `; the first ${rows} of ${channels.length} channels` : '';
  return `${title}${error === null ? '' : `: ratio ${showRatio(error)}`}${some}`;
}

/** Seconds at which an axis has ticks: whole steps of 1, 2 or 5. */
export function ticksOf(seconds: number): number[] {
  const least = seconds / MOST_TICKS;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10);
  return Array.from({ length: Math.floor(seconds / step + 1e-9) + 1 }, (_, i) =>
    Number((i * step).toPrecision(12)),
  );
}

const widthOf = (figure: HTMLElement): number => Math.max(160, figure.clientWidth);
const pixelsOf = (figure: HTMLElement): number => Math.round(widthOf(figure) * (devicePixelRatio || 1));

/** Draws into a figure, on the canvas that it has, or a new one. */
export function drawShown(figure: HTMLElement, shown: Shown): void {
  const { caption, canvas } = pictures.get(figure) ?? made(figure);
  latest.set(figure, shown);
  caption.textContent = captionOf(shown);
  canvas.setAttribute(
    'aria-label',
    `${captionOf(shown)}; ${shown.seconds} seconds across, standard deviations of each channel up`,
  );
  const rows = Math.min(MOST_ROWS, shown.channels.length);
  const ratio = devicePixelRatio || 1;
  const width = widthOf(figure);
  const height = Math.max(90, rows * ROW) + TOP + BELOW;
  canvas.width = pixelsOf(figure);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(ratio, ratio);
  const samples = shown.back.length / shown.channels.length;
  const plot = { left: LEFT, right: width - RIGHT, bottom: height - BELOW };
  const row = (plot.bottom - TOP) / rows;
  const deviation = row / ROW_DEVIATIONS;
  context.font = '11px system-ui, sans-serif';
  drawTime(context, shown.seconds, plot);
  drawScale(context, plot.right, TOP + row / 2, deviation);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  for (let channel = 0; channel < rows; channel++) {
    const middle = TOP + (channel + 0.5) * row;
    context.fillStyle = colour('muted');
    context.fillText((shown.channels[channel] ?? '').slice(0, 9), 0, middle);
    const line = (values: Float32Array, stroke: string, thick: number) => {
      context.strokeStyle = stroke;
      context.lineWidth = thick;
      context.beginPath();
      for (let t = 0; t < samples; t++) {
        const value = Math.max(-4, Math.min(4, values[channel * samples + t] ?? 0));
        context.lineTo(plot.left + (t / samples) * (plot.right - plot.left), middle - value * deviation);
      }
      context.stroke();
    };
    if (shown.original) line(shown.original, colour('original'), 1);
    line(shown.back, colour('back'), 1.7);
  }
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
}

function drawTime(context: CanvasRenderingContext2D, seconds: number, { left, right, bottom }: Box): void {
  context.textAlign = 'center';
  context.textBaseline = 'top';
  context.lineWidth = 1;
  const ticks = ticksOf(seconds);
  for (const tick of ticks) {
    const x = Math.round(left + (tick / seconds) * (right - left)) + 0.5;
    context.strokeStyle = colour('line');
    context.beginPath();
    context.moveTo(x, TOP);
    context.lineTo(x, bottom + 4);
    context.stroke();
    context.fillStyle = colour('muted');
    context.fillText(tick === ticks.at(-1) ? `${tick} s` : String(tick), x, bottom + 5);
  }
}

/** A bar that is so many standard deviations long, beside the first channel. */
function drawScale(
  context: CanvasRenderingContext2D,
  right: number,
  middle: number,
  deviation: number,
): void {
  const [x, half] = [right + 6.5, (BAR / 2) * deviation];
  context.strokeStyle = colour('ink');
  context.lineWidth = 1;
  context.beginPath();
  for (const y of [middle - half, middle + half]) {
    context.moveTo(x - 3, y);
    context.lineTo(x + 3, y);
  }
  context.moveTo(x, middle - half);
  context.lineTo(x, middle + half);
  context.stroke();
  context.fillStyle = colour('muted');
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillText(`${BAR} SD`, x + 6, middle);
}

/** Again, on another ground or at another width. */
export function redraw(figure: HTMLElement): void {
  const shown = latest.get(figure);
  if (shown) drawShown(figure, shown);
}

/** Takes the picture out; the next one is on a canvas of its own. */
export function clearShown(figure: HTMLElement): void {
  pictures.get(figure)?.onWidth.disconnect();
  pictures.delete(figure);
  latest.delete(figure);
  figure.replaceChildren();
}

function made(figure: HTMLElement): Picture {
  const caption = element('figcaption');
  const canvas = element('canvas', '', { role: 'img' });
  figure.replaceChildren(caption, canvas);
  const onWidth = new ResizeObserver(() => {
    if (canvas.width !== pixelsOf(figure)) redraw(figure);
  });
  onWidth.observe(figure);
  const picture = { caption, canvas, onWidth };
  pictures.set(figure, picture);
  return picture;
}
