/** Small things that every part of the page needs. Text never becomes markup. */
import { MODALITY_NAMES as NAMES } from '../../data/channels/wording.ts';

export function part<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element "${id}".`);
  return found as T;
}

export const input = (id: string) => part<HTMLInputElement>(id);
export const select = (id: string) => part<HTMLSelectElement>(id);

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text = '',
  attributes: Readonly<Record<string, string>> = {},
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export function show(id: string, on: boolean): void {
  part(id).hidden = !on;
}

export function say(id: string, text: string | null): void {
  part(id).textContent = text ?? '';
  show(id, text !== null);
}

export function offer(
  list: HTMLSelectElement,
  options: readonly (readonly [value: string, text: string])[],
): void {
  const before = list.value;
  list.replaceChildren(...options.map(([value, text]) => element('option', text, { value })));
  if (options.some(([value]) => value === before)) list.value = before;
}

const MOST_REMARKS = 8;

/** The first of some remarks, and how many more there are; nothing where there is none. */
export function list(id: string, remarks: readonly string[]): void {
  const more = remarks.length - MOST_REMARKS;
  const lines = [
    ...remarks.slice(0, MOST_REMARKS),
    ...(more > 0 ? [`and ${plural(more, 'more remark')}`] : []),
  ];
  part(id).replaceChildren(...lines.map((text) => element('li', text)));
  show(id, remarks.length > 0);
}

/** All of some sentences, one an item. */
export function sentences(all: readonly string[]): HTMLElement {
  const made = element('ul', '', { class: 'small' });
  made.append(...all.map((text) => element('li', text)));
  return made;
}

/** A table with its headings, numbers to the right. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  caption: string,
): HTMLElement {
  const made = element('table');
  const over = element('caption');
  // Of a table that is wider than the screen the caption stays where it is read.
  over.append(element('span', caption));
  made.append(over);
  const head = element('tr');
  for (const text of headings) head.append(element('th', text, { scope: 'col' }));
  const top = element('thead');
  top.append(head);
  const body = element('tbody');
  for (const [first = '', ...rest] of rows) {
    const line = element('tr');
    line.append(element('th', first, { scope: 'row' }), ...rest.map((text) => element('td', text)));
    body.append(line);
  }
  made.append(top, body);
  const frame = element('div', '', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption });
  frame.append(made);
  return frame;
}

export function download(content: Blob, name: string): void {
  const link = element('a', '', { href: URL.createObjectURL(content), download: name });
  link.click();
  // The browser takes the content while it handles the click; some do so a little later.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

/** Of a loss to that of predicting zero; at 1 the model is no better than that. */
export const showRatio = (ratio: number): string => (Number.isFinite(ratio) ? ratio.toFixed(3) : '–');

export const count = (value: number): string => value.toLocaleString('en-US');

export const plural = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** A colour of the style sheet, as it is on this ground. */
export const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export function onThemeChange(act: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', act);
}

export const MODALITY_NAMES: Readonly<Record<string, string>> = { ...NAMES, unknown: 'unknown' };
