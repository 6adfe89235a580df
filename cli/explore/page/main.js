import { classColour, cssOf, MOST_CLASSES, paperColour, RAMP_STEPS, rampColour } from './palette.js';
import { Plot } from './plot.js';
import { colouringOf, factsOf, readWindows } from './windows.js';

const part = (id) => document.getElementById(id);

/** Text never becomes markup: whatever a recording is called, it is only shown. */
function element(tag, text = '', attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

const data = readWindows();
const canvas = part('map');
const plot = new Plot(canvas);
const state = { map: data.maps[0], colouring: undefined, hidden: new Set(), point: -1 };
const numbers = new Intl.NumberFormat('en-US');

function showMap(map) {
  state.map = map;
  state.point = -1;
  part('across').textContent = map.axes[0];
  part('up').textContent = map.axes[1];
  part('note').textContent = map.note;
  canvas.setAttribute('aria-label', `${map.name} of ${numbers.format(map.windows.length)} windows`);
  hideFacts();
  plot.show(map.points);
  paint();
  if (state.colouring) drawLegend();
}

function colourBy(key) {
  state.colouring = colouringOf(data, key, MOST_CLASSES);
  state.hidden.clear();
  hideFacts();
  paint();
  drawLegend();
}

function paint() {
  const { map, colouring, hidden } = state;
  if (!colouring) return;
  const { classes, classOf, partOf } = colouring;
  const colours = classes
    ? classes.map(({ rank }) => classColour(rank))
    : Array.from({ length: RAMP_STEPS }, (_, i) => rampColour(i / (RAMP_STEPS - 1)));
  const styleOf = (window) => {
    if (partOf) return Math.round(partOf(window) * (RAMP_STEPS - 1));
    const own = classOf(window);
    return hidden.has(own) ? -1 : own;
  };
  plot.paint(colours, paperColour(), Int32Array.from(map.windows, styleOf));
  part('all').hidden = hidden.size === 0;
}

function drawLegend() {
  const { classes, classOf, low, high } = state.colouring;
  if (!classes) {
    const stops = Array.from({ length: 9 }, (_, i) => cssOf(rampColour(i / 8))).join(', ');
    const bar = element('div', '', { class: 'ramp' });
    bar.style.background = `linear-gradient(to right, ${stops})`;
    const ends = element('div', '', { class: 'ends' });
    for (const value of [low, high]) ends.append(element('span', `${Number(value.toFixed(3))} s`));
    part('legend').replaceChildren(bar, ends);
    return;
  }
  const counts = classes.map(() => 0);
  for (const window of state.map.windows) counts[classOf(window)]++;
  const items = classes.map(({ name, rank }, index) => {
    const button = element('button', '', {
      type: 'button',
      'aria-pressed': String(!state.hidden.has(index)),
    });
    const swatch = element('span', '', { class: 'swatch' });
    swatch.style.background = cssOf(classColour(rank));
    button.append(swatch, element('span', name, { class: 'name' }));
    button.append(element('span', numbers.format(counts[index]), { class: 'count' }));
    button.addEventListener('click', () => {
      const isHidden = state.hidden.delete(index);
      if (!isHidden) state.hidden.add(index);
      button.setAttribute('aria-pressed', String(isHidden));
      hideFacts();
      paint();
    });
    const item = element('li');
    item.append(button);
    return item;
  });
  const list = element('ul');
  list.append(...items);
  part('legend').replaceChildren(list);
}

function hideFacts() {
  plot.mark(-1);
  part('facts').hidden = true;
}

/** Of a point of the map, beside it. */
function showFacts(point) {
  if (point < 0) return hideFacts();
  state.point = point;
  plot.mark(point);
  const rows = factsOf(data, state.map.windows[point]).flatMap(([label, value]) => [
    element('dt', label),
    element('dd', value),
  ]);
  const box = part('facts');
  box.replaceChildren(...rows);
  box.hidden = false;
  const { x, y } = plot.placeOf(point);
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const left = x + 14 + box.offsetWidth > width ? x - 14 - box.offsetWidth : x + 14;
  box.style.left = `${Math.max(4, Math.min(left, width - box.offsetWidth - 4))}px`;
  box.style.top = `${Math.max(4, Math.min(y + 14, height - box.offsetHeight - 4))}px`;
}

/** The next window in the order of the files that is shown; from none, the first or the last. */
function step(by) {
  const count = state.map.windows.length;
  const from = state.point < 0 && by < 0 ? 0 : state.point;
  for (let i = 1; i <= count; i++) {
    const point = (((from + by * i) % count) + count) % count;
    if (plot.isShown(point)) return showFacts(point);
  }
}

function offer(select, options) {
  for (const [value, text] of options) select.append(element('option', text, { value }));
}

function listenToPointers() {
  const down = new Map();
  const placeIn = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, placeIn(event));
    showFacts(plot.nearest(placeIn(event).x, placeIn(event).y));
  });
  canvas.addEventListener('pointermove', (event) => {
    const here = placeIn(event);
    const before = down.get(event.pointerId);
    if (!before) return showFacts(plot.nearest(here.x, here.y));
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (here.x !== before.x || here.y !== before.y) hideFacts();
    if (other) {
      const apart = (a) => Math.max(1, Math.hypot(a.x - other.x, a.y - other.y));
      plot.zoom(apart(here) / apart(before), (here.x + other.x) / 2, (here.y + other.y) / 2);
    } else plot.pan(here.x - before.x, here.y - before.y);
    down.set(event.pointerId, here);
  });
  for (const end of ['pointerup', 'pointercancel'])
    canvas.addEventListener(end, (event) => down.delete(event.pointerId));
  canvas.addEventListener('pointerleave', () => hideFacts());
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const { x, y } = placeIn(event);
      hideFacts();
      plot.zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.002)), x, y);
    },
    { passive: false },
  );
}

const KEYS = {
  ArrowLeft: () => plot.pan(40, 0),
  ArrowRight: () => plot.pan(-40, 0),
  ArrowUp: () => plot.pan(0, 40),
  ArrowDown: () => plot.pan(0, -40),
  '+': () => plot.zoom(1.3),
  '=': () => plot.zoom(1.3),
  '-': () => plot.zoom(1 / 1.3),
  0: () => plot.reset(),
  n: () => step(1),
  p: () => step(-1),
  Escape: () => hideFacts(),
};

/** What windows may be coloured by, the most telling first. */
const COLOURED_BY = ['label', 'modality', 'subject', 'dataset', 'split', 'recording'];

function start() {
  offer(
    part('which'),
    data.maps.map(({ name }, i) => [String(i), name]),
  );
  part('which').disabled = data.maps.length < 2;
  part('which').addEventListener('change', ({ target }) => showMap(data.maps[Number(target.value)]));
  const fields = COLOURED_BY.flatMap((key) => data.fields.filter((field) => field.key === key));
  offer(part('by'), [...fields.map(({ key, title }) => [key, title]), ['start', 'start time']]);
  part('by').addEventListener('change', ({ target }) => colourBy(target.value));
  part('fit').addEventListener('click', () => plot.reset());
  part('all').addEventListener('click', () => {
    state.hidden.clear();
    paint();
    drawLegend();
  });
  for (const [id, factor] of [
    ['in', 1.4],
    ['out', 1 / 1.4],
  ])
    part(id).addEventListener('click', () => {
      hideFacts();
      plot.zoom(factor);
    });
  canvas.addEventListener('keydown', (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  listenToPointers();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    paint();
    drawLegend();
  });
  const first = fields.find(({ names }) => names.length > 1)?.key ?? fields[0]?.key ?? 'start';
  part('by').value = first;
  showMap(data.maps[0]);
  colourBy(first);
}

start();
