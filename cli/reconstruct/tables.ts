/** The errors as tables, for a terminal and for a page. */
import { MODEL_RATE } from '../../data/index.ts';
import { costingLess, costingLessNotes, type RecordingYardsticks } from '../../workflows/index.ts';
import type { BandReturned, ModalityErrors, Returned } from './errors.ts';

export interface Table {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export const MEANING =
  'R2 is the explained variance, 1 - mean squared error / variance, over all windows without their padding: a perfect copy has 1, predicting zero has 0, and negative values are worse.';

export function modalityName(modality: ModalityErrors['modality']): string {
  return modality ?? 'unknown modality';
}

/** The error beside what costs less. */
export function yardstickTable({ all }: Pick<ModalityErrors, 'all'>, yardsticks: RecordingYardsticks): Table {
  return {
    headings: ['', 'normalised mse'],
    rows: costingLess(all.normalizedError, yardsticks).map(({ name, error }) => [name, decimal(error)]),
  };
}

export const yardstickNote = (yardsticks: RecordingYardsticks): string =>
  costingLessNotes(yardsticks).join(' ');

/** What the bands' table is of. */
export function bandNote({ modality, all }: ModalityErrors): string {
  const unknown =
    ' The files do not state their modality: these are the bands of EEG (set it with --modality).';
  return `Reconstructed: 1 - power of the error / power of the original, of all channels and windows together; predicting zero gives 0 %, and negative values are worse.${driftNote(all)}${modality ? '' : unknown}`;
}

/** Where most of what comes back is slower than what is looked at in such a signal. */
function driftNote({ r2, bands: [drift] }: Returned): string {
  if (!drift || !(r2 > 0) || !(drift.share * drift.returned > r2 / 2)) return '';
  return ` Most of the reconstruction is drift below ${drift.band.high} Hz (--band-pass ${drift.band.high}- leaves it out).`;
}

export function channelTable({ channels, all }: ModalityErrors): Table {
  const row = (name: string, { r2, normalizedError, windows }: Returned) => [
    name,
    decimal(r2),
    decimal(normalizedError),
    String(windows),
  ];
  const rows = [...channels].map(([label, returned]) => row(label, returned));
  return {
    headings: ['channel', 'R2', 'normalised mse', 'windows'],
    rows: channels.size > 1 ? [...rows, row('all channels', all)] : rows,
  };
}

/** What rounds to 0.0 %: of a band that holds next to nothing, the part that comes back is one of rounding. */
const MIN_SHARE = 0.0005;

export function bandTable({ all }: ModalityErrors): Table {
  return {
    headings: ['band', 'share of the power', 'reconstructed'],
    rows: all.bands.map((each) => [
      bandName(each),
      percent(each.share),
      each.share < MIN_SHARE ? '-' : percent(each.returned),
    ]),
  };
}

function bandName({ band: { name, low, high } }: BandReturned): string {
  if (low === 0) return `below ${high} Hz`;
  if (high === MODEL_RATE / 2) return `from ${low} Hz on`;
  return name === undefined ? `${low} to ${high} Hz` : `${name}, ${low} to ${high} Hz`;
}

/** Without the sign of what rounds to zero. */
const fixed = (value: number, digits: number) => (Number(value.toFixed(digits)) + 0).toFixed(digits);

export const decimal = (value: number) => (Number.isFinite(value) ? fixed(value, 3) : '-');

const percent = (part: number) => (Number.isFinite(part) ? `${fixed(100 * part, 1)} %` : '-');
