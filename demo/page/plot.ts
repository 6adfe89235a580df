/** Points on a canvas: which one is near, and the line between two of them. */
import { colour } from './dom.ts';

const PADDING = 22;
const REACH = 16;

export class Plot {
  readonly #canvas: HTMLCanvasElement;
  #points: Float64Array = new Float64Array();
  #colours: readonly string[] = [];
  #marks: { a: number; b: number; point: number; part: number } = { a: -1, b: -1, point: -1, part: 0 };
  #waiting = false;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  /** x, y of one point after the other, and the colour of each. */
  show(points: Float64Array, colours: readonly string[]): void {
    this.#points = points;
    this.#colours = colours;
    this.draw();
  }

  mark(marks: { a: number; b: number; point: number; part: number }): void {
    this.#marks = marks;
    this.draw();
  }

  /** The point nearest to a place on the canvas, or -1 where none is near. */
  nearest(x: number, y: number): number {
    const place = this.#placing();
    let [found, least] = [-1, REACH];
    for (let i = 0; i < this.#points.length / 2; i++) {
      const [px, py] = place(i);
      const distance = Math.hypot(px - x, py - y);
      if (distance < least) [found, least] = [i, distance];
    }
    return found;
  }

  /** Once a frame at most. */
  draw(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#drawNow();
    });
  }

  /** Both axes to one scale: a distance is the same in all directions. */
  #placing(): (point: number) => [number, number] {
    let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < this.#points.length; i += 2) {
      const [x, y] = [this.#points[i] as number, this.#points[i + 1] as number];
      left = Math.min(left, x);
      right = Math.max(right, x);
      low = Math.min(low, y);
      high = Math.max(high, y);
    }
    const { clientWidth, clientHeight } = this.#canvas;
    const scale = Math.min(
      (clientWidth - 2 * PADDING) / (right - left || 1e-9),
      (clientHeight - 2 * PADDING) / (high - low || 1e-9),
    );
    return (point) => [
      clientWidth / 2 + ((this.#points[2 * point] as number) - (left + right) / 2) * scale,
      clientHeight / 2 - ((this.#points[2 * point + 1] as number) - (low + high) / 2) * scale,
    ];
  }

  #drawNow(): void {
    const canvas = this.#canvas;
    const context = canvas.getContext('2d');
    const { clientWidth, clientHeight } = canvas;
    if (!context || clientWidth === 0) return;
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(clientWidth * ratio);
    canvas.height = Math.round(clientHeight * ratio);
    context.scale(ratio, ratio);
    const place = this.#placing();
    const count = this.#points.length / 2;
    const radius = count > 800 ? 2.4 : 3.6;
    // One path a colour: thousands of single ones take too long without a graphics card.
    const byColour = new Map<string, number[]>();
    for (let i = 0; i < count; i++) {
      const own = byColour.get(this.#colours[i] ?? '') ?? [];
      own.push(i);
      byColour.set(this.#colours[i] ?? '', own);
    }
    context.globalAlpha = 0.85;
    for (const [style, members] of byColour) {
      context.fillStyle = style;
      context.beginPath();
      for (const i of members) {
        const [x, y] = place(i);
        context.moveTo(x + radius, y);
        context.arc(x, y, radius, 0, 2 * Math.PI);
      }
      context.fill();
    }
    context.globalAlpha = 1;
    this.#drawMarks(context, place);
  }

  #drawMarks(context: CanvasRenderingContext2D, place: (point: number) => [number, number]): void {
    const { a, b, point, part } = this.#marks;
    context.strokeStyle = colour('ink');
    context.fillStyle = colour('ink');
    context.lineWidth = 2;
    if (a >= 0 && b >= 0) {
      const [[ax, ay], [bx, by]] = [place(a), place(b)];
      context.setLineDash([5, 4]);
      context.beginPath();
      context.moveTo(ax, ay);
      context.lineTo(bx, by);
      context.stroke();
      context.setLineDash([]);
      context.beginPath();
      context.arc(ax + part * (bx - ax), ay + part * (by - ay), 4, 0, 2 * Math.PI);
      context.fill();
    }
    context.font = 'bold 13px system-ui, sans-serif';
    for (const [which, name] of [
      [a, 'A'],
      [b, 'B'],
      [point, ''],
    ] as const) {
      if (which < 0) continue;
      const [x, y] = place(which);
      context.beginPath();
      context.arc(x, y, 7, 0, 2 * Math.PI);
      context.stroke();
      context.fillText(name, x + 9, y - 7);
    }
  }
}
