/** Draws points on a canvas, and knows which one is near. */

const PADDING = 28;
const REACH = 14;
const MOST_ZOOM = 400;

/** How much of each pixel a disc covers, from 0 to 1: [size, size] about its middle pixel. */
function discOf(radius) {
  const reach = Math.ceil(radius + 0.5);
  const size = 2 * reach + 1;
  const cover = Float32Array.from({ length: size * size }, (_, i) => {
    const distance = Math.hypot((i % size) - reach, Math.floor(i / size) - reach);
    return Math.min(1, Math.max(0, radius + 0.5 - distance));
  });
  return { reach, size, cover };
}

const radiusFor = (count) => (count > 30_000 ? 1.6 : count > 4000 ? 2.4 : count > 800 ? 3.2 : 4.5);
const opacityFor = (count) => (count > 30_000 ? 0.6 : count > 4000 ? 0.75 : 0.9);

/** Visits 0 ... count-1 in an order in which neighbours are far apart, so that no class hides all others. */
function* scattered(count) {
  let step = Math.max(1, Math.floor(count * 0.618));
  const divisor = (a, b) => (b === 0 ? a : divisor(b, a % b));
  while (divisor(step, count) !== 1) step++;
  for (let i = 0, at = 0; i < count; i++, at = (at + step) % count) yield at;
}

/** A pixel of the image as one number: machines with other than little-endian memory have no browsers. */
function packed([red, green, blue]) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

export class Plot {
  #canvas;
  #context;
  #points = new Float32Array();
  #order = new Uint32Array();
  /** Colour of each point by its number, or -1 where it is hidden. */
  #styles = new Int32Array();
  #colours = [];
  #paper = [255, 255, 255];
  /** Middle of the view in the map's units, and pixels a unit. */
  #view = { x: 0, y: 0, scale: 1 };
  #fitted = { x: 0, y: 0, scale: 1 };
  #marked = -1;
  #waiting = false;

  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d');
    new ResizeObserver(() => this.resize()).observe(canvas);
  }

  /** Points as x, y, x, y, ... on new ground: the view takes all of them in. */
  show(points) {
    this.#points = points;
    this.#order = Uint32Array.from(scattered(points.length / 2));
    this.#styles = new Int32Array(points.length / 2);
    this.#marked = -1;
    this.#fit();
    this.reset();
  }

  /** Colours, the ground that they lie on, and the number of each point's colour. */
  paint(colours, paper, styles) {
    this.#colours = colours;
    this.#paper = paper;
    this.#styles = styles;
    this.#draw();
  }

  /** Rings a point; -1 for none. */
  mark(point) {
    if (point !== this.#marked) {
      this.#marked = point;
      this.#draw();
    }
  }

  reset() {
    this.#view = { ...this.#fitted };
    this.#draw();
  }

  resize() {
    const zoom = this.#view.scale / this.#fitted.scale;
    this.#fit();
    this.#view = { ...this.#view, scale: this.#fitted.scale * zoom };
    this.#draw();
  }

  pan(right, down) {
    this.#view.x -= right / this.#view.scale;
    this.#view.y += down / this.#view.scale;
    this.#draw();
  }

  /** About a place on the canvas, which stays where it is. */
  zoom(factor, x = this.#canvas.clientWidth / 2, y = this.#canvas.clientHeight / 2) {
    const { scale } = this.#fitted;
    const next = Math.min(MOST_ZOOM * scale, Math.max(0.5 * scale, this.#view.scale * factor));
    const [right, down] = [x - this.#canvas.clientWidth / 2, y - this.#canvas.clientHeight / 2];
    this.#view.x += right / this.#view.scale - right / next;
    this.#view.y -= down / this.#view.scale - down / next;
    this.#view.scale = next;
    this.#draw();
  }

  /** Where a point is on the canvas. */
  placeOf(point) {
    const { x, y, scale } = this.#view;
    return {
      x: this.#canvas.clientWidth / 2 + (this.#points[2 * point] - x) * scale,
      y: this.#canvas.clientHeight / 2 - (this.#points[2 * point + 1] - y) * scale,
    };
  }

  isShown(point) {
    return this.#styles[point] >= 0;
  }

  /** The point that is shown nearest to a place on the canvas, or -1 where none is near. */
  nearest(x, y) {
    const { x: middleX, y: middleY, scale } = this.#view;
    const wantedX = middleX + (x - this.#canvas.clientWidth / 2) / scale;
    const wantedY = middleY - (y - this.#canvas.clientHeight / 2) / scale;
    let found = -1;
    let least = (REACH / scale) ** 2;
    for (let i = 0; i < this.#styles.length; i++) {
      const distance = (this.#points[2 * i] - wantedX) ** 2 + (this.#points[2 * i + 1] - wantedY) ** 2;
      if (distance < least && this.#styles[i] >= 0) {
        found = i;
        least = distance;
      }
    }
    return found;
  }

  /** Both axes to one scale: a distance is the same in all directions. */
  #fit() {
    let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < this.#points.length; i += 2) {
      left = Math.min(left, this.#points[i]);
      right = Math.max(right, this.#points[i]);
      low = Math.min(low, this.#points[i + 1]);
      high = Math.max(high, this.#points[i + 1]);
    }
    const width = Math.max(1, this.#canvas.clientWidth - 2 * PADDING);
    const height = Math.max(1, this.#canvas.clientHeight - 2 * PADDING);
    const scale = Math.min(width / (right - left || 1e-9), height / (high - low || 1e-9));
    this.#fitted = { x: (left + right) / 2, y: (low + high) / 2, scale };
  }

  /** Once a frame at most. */
  #draw() {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#drawNow();
    });
  }

  #drawNow() {
    const ratio = devicePixelRatio || 1;
    const [width, height] = [this.#canvas.clientWidth, this.#canvas.clientHeight].map((size) =>
      Math.round(size * ratio),
    );
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    if (width === 0 || height === 0) return;
    const radius = radiusFor(this.#styles.length);
    // Pixel by pixel: a hundred thousand calls of the canvas would take a second where it has no graphics card.
    const image = this.#context.createImageData(width, height);
    new Uint32Array(image.data.buffer).fill(packed(this.#paper));
    this.#stamp(image, discOf(radius * ratio), ratio);
    this.#context.putImageData(image, 0, 0);
    if (this.#marked >= 0) this.#ring(radius, ratio);
  }

  #stamp({ data, width, height }, { reach, size, cover }, ratio) {
    const opacity = opacityFor(this.#styles.length);
    const { x, y, scale } = this.#view;
    for (const i of this.#order) {
      const style = this.#styles[i];
      if (style < 0) continue;
      const left = Math.round(width / 2 + (this.#points[2 * i] - x) * scale * ratio) - reach;
      const top = Math.round(height / 2 - (this.#points[2 * i + 1] - y) * scale * ratio) - reach;
      if (left < 0 || top < 0 || left + size > width || top + size > height) continue;
      const [red, green, blue] = this.#colours[style];
      for (let k = 0; k < cover.length; k++) {
        const part = opacity * cover[k];
        if (part === 0) continue;
        const at = 4 * ((top + Math.floor(k / size)) * width + left + (k % size));
        data[at] += part * (red - data[at]);
        data[at + 1] += part * (green - data[at + 1]);
        data[at + 2] += part * (blue - data[at + 2]);
      }
    }
  }

  #ring(radius, ratio) {
    const context = this.#context;
    const { x, y } = this.placeOf(this.#marked);
    context.strokeStyle = getComputedStyle(this.#canvas).color;
    context.lineWidth = 2 * ratio;
    context.beginPath();
    context.arc(x * ratio, y * ratio, (radius + 3) * ratio, 0, 2 * Math.PI);
    context.stroke();
  }
}
