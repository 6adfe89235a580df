/** Numbers for people: three digits are as many as a timing is good for. */

/** e.g. `0.0123`, `1.23`, `123`, `12,300`. */
export function digits(value: number, significant = 3): string {
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return '-';
  const rounded = Number(value.toPrecision(significant));
  const places = Math.max(0, significant - 1 - Math.floor(Math.log10(Math.abs(rounded))));
  return rounded.toLocaleString('en-US', {
    minimumFractionDigits: Math.min(places, 8),
    maximumFractionDigits: Math.min(places, 8),
  });
}

/** A number that may not be there. */
export const orDash = (value: number | null | undefined, show: (value: number) => string = digits): string =>
  value === null || value === undefined || !Number.isFinite(value) ? '-' : show(value);

/** e.g. `45.6 µs`, `12.3 ms`, `1.23 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1) return `${digits(milliseconds * 1000)} µs`;
  if (milliseconds < 1000) return `${digits(milliseconds)} ms`;
  return `${digits(milliseconds / 1000)} s`;
}

/** Of an axis, where values are round: `300 ms`, `3 s`. */
export function durationTick(milliseconds: number): string {
  if (milliseconds < 1) return `${digits(milliseconds * 1000, 1)} µs`;
  return milliseconds < 1000 ? `${digits(milliseconds, 1)} ms` : `${digits(milliseconds / 1000, 1)} s`;
}

/** e.g. `252 MB`; a million bytes, as in the paper. */
export const megabytes = (bytes: number): string => `${digits(bytes / 1e6)} MB`;

/** e.g. `2.5x`. */
export const times = (ratio: number): string => `${digits(ratio, ratio < 10 ? 2 : 3)}x`;

/** e.g. `73 %`. */
export const percent = (value: number): string => `${Math.round(value)} %`;

/** A change as the paper writes it: `-78 %`. */
export function change(ours: number, theirs: number): string {
  const part = Math.round(100 * (ours / theirs - 1));
  return `${part > 0 ? '+' : ''}${part} %`;
}
