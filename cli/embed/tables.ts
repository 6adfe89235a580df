/** What embeddings are written as. */

/** One window: where it was, and its vector. */
export interface EmbeddedWindow {
  readonly recording: string;
  /** Seconds of stored signal before it. */
  readonly start: number;
  readonly channels: readonly string[];
  readonly values: Float32Array;
}

/** The NumPy format, version 1: [windows, dim] float32, little-endian, in rows. */
export function encodeNpy(windows: readonly EmbeddedWindow[], dim: number): Uint8Array {
  const MAGIC = [0x93, ...new TextEncoder().encode('NUMPY'), 1, 0];
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${windows.length}, ${dim}), }`;
  // The values start at a multiple of 64, and the header ends in a newline.
  const length = Math.ceil((MAGIC.length + 2 + header.length + 1) / 64) * 64;
  const bytes = new Uint8Array(length + windows.length * dim * 4);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint16(MAGIC.length, length - MAGIC.length - 2, true);
  bytes.fill(0x20, MAGIC.length + 2, length);
  bytes.set(new TextEncoder().encode(header), MAGIC.length + 2);
  bytes[length - 1] = 0x0a;
  for (const [row, { values }] of windows.entries())
    for (const [column, value] of values.entries())
      view.setFloat32(length + (row * dim + column) * 4, value, true);
  return bytes;
}

const PLACE = ['recording', 'start_s', 'channels'];

/** One row a window: recording, start, channels between semicolons, and with `dim` its values as h0, h1, ... */
export function encodeCsv(windows: readonly EmbeddedWindow[], dim = 0): string {
  const header = [...PLACE, ...Array.from({ length: dim }, (_, i) => `h${i}`)];
  const rows = windows.map(({ recording, start, channels, values }) => [
    field(recording),
    String(start),
    field(channels.join(';')),
    ...Array.from(values.subarray(0, dim), showFloat),
  ]);
  return `${[header, ...rows].map((row) => row.join(',')).join('\n')}\n`;
}

/** Nine digits bring every float32 back exactly. */
function showFloat(value: number): string {
  return String(Number(value.toPrecision(9)));
}

function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
