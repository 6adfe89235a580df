/** Small pictures of windows: the original, and what came back of it. */
import type { Shown } from '../messages.ts';
import { colour, element } from './dom.ts';

const ROW = 34;
const MOST_ROWS = 8;

interface Picture {
  readonly caption: HTMLElement;
  readonly canvas: HTMLCanvasElement;
}

const pictures = new WeakMap<HTMLElement, Picture>();
const latest = new WeakMap<HTMLElement, Shown>();

/** Draws into a figure, on the canvas that it has, or a new one. */
export function drawShown(figure: HTMLElement, shown: Shown): void {
  const { caption, canvas } = pictures.get(figure) ?? made(figure);
  latest.set(figure, shown);
  const error =
    shown.error === null
      ? ''
      : `: ${(100 * Math.max(0, 1 - shown.error)).toFixed(0)} % of its variance comes back`;
  caption.textContent = `${shown.title}${error}`;
  canvas.setAttribute('aria-label', `${shown.title}${error}`);
  const rows = Math.min(MOST_ROWS, shown.channels.length);
  const ratio = devicePixelRatio || 1;
  const width = Math.max(160, figure.clientWidth);
  const height = Math.max(90, rows * ROW + 8);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(ratio, ratio);
  const samples = shown.back.length / shown.channels.length;
  const left = 58;
  const row = (height - 8) / rows;
  context.font = '11px system-ui, sans-serif';
  context.textBaseline = 'middle';
  for (let channel = 0; channel < rows; channel++) {
    const middle = 4 + (channel + 0.5) * row;
    context.fillStyle = colour('muted');
    context.fillText((shown.channels[channel] ?? '').slice(0, 9), 0, middle);
    const scale = row / 6.5;
    const line = (values: Float32Array, stroke: string, thick: number) => {
      context.strokeStyle = stroke;
      context.lineWidth = thick;
      context.beginPath();
      for (let t = 0; t < samples; t++) {
        const value = Math.max(-4, Math.min(4, values[channel * samples + t] ?? 0));
        context.lineTo(left + (t / Math.max(1, samples - 1)) * (width - left), middle - value * scale);
      }
      context.stroke();
    };
    if (shown.original) line(shown.original, colour('original'), 1);
    line(shown.back, colour('back'), 1.7);
  }
}

/** Again, on another ground or at another width. */
export function redraw(figure: HTMLElement): void {
  const shown = latest.get(figure);
  if (shown) drawShown(figure, shown);
}

function made(figure: HTMLElement): Picture {
  const caption = element('figcaption');
  const canvas = element('canvas', '', { role: 'img' });
  figure.replaceChildren(caption, canvas);
  const picture = { caption, canvas };
  pictures.set(figure, picture);
  return picture;
}
