/** The errors as tables, for a terminal and for a page. */
import type { BandReturned, ModalityErrors, Returned } from './errors.ts';

export interface Table {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export const MEANING =
  'R2 is the explained variance, 1 - mean squared error / variance, over all windows without their padding: a perfect copy has 1, predicting zero has 0, and less is worse than that.';

export function modalityName(modality: ModalityErrors['modality']): string {
  return modality ?? 'unknown modality';
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

export function bandTable({ all }: ModalityErrors): Table {
  return {
    headings: ['band', 'share of the power', 'comes back'],
    rows: all.bands.map((each) => [bandName(each), percent(each.share), percent(each.returned)]),
  };
}

function bandName({ band }: BandReturned): string {
  if (!band) return 'outside of these';
  const range = `${band.low} to ${band.high} Hz`;
  return band.name === undefined ? range : `${band.name}, ${range}`;
}

const decimal = (value: number) => (Number.isFinite(value) ? value.toFixed(3) : '-');

const percent = (part: number) => (Number.isFinite(part) ? `${(100 * part).toFixed(1)} %` : '-');
