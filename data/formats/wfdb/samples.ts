/** Storage formats of WFDB signal files; see signal(5) of the WFDB Applications Guide. */

export interface SampleFormat {
  /** Samples that share a whole number of bytes, and that number. */
  group: { samples: number; bytes: number };
  /** Whole samples in the first 0, 1, 2, ... bytes of a group, for the end of a file. */
  partial: readonly number[];
  /** The value that stands for a missing sample, in formats that have one. */
  invalid: number | undefined;
  /** What is stored are the differences from sample to sample of each signal. */
  isDifferences?: boolean;
  /** Takes the first `out.length` samples out of bytes that start at a whole group. Bytes that are not there count as 0. */
  decode(bytes: Uint8Array, out: Int32Array): void;
}

/** `|` makes 0 of a byte beyond the end. */
const at = (bytes: Uint8Array, index: number): number => bytes[index] as number;

/** One sample in `bytes` bytes. */
function single(
  bytes: number,
  invalid: number | undefined,
  decode: SampleFormat['decode'],
  isDifferences = false,
): SampleFormat {
  return {
    group: { samples: 1, bytes },
    partial: new Array<number>(bytes).fill(0),
    invalid,
    decode,
    isDifferences,
  };
}

function decode8(bytes: Uint8Array, out: Int32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = (at(bytes, i) << 24) >> 24;
}

function decode16(bytes: Uint8Array, out: Int32Array): void {
  for (let i = 0, b = 0; i < out.length; i++, b += 2)
    out[i] = ((at(bytes, b) | (at(bytes, b + 1) << 8)) << 16) >> 16;
}

function decode24(bytes: Uint8Array, out: Int32Array): void {
  for (let i = 0, b = 0; i < out.length; i++, b += 3)
    out[i] = ((at(bytes, b) | (at(bytes, b + 1) << 8) | (at(bytes, b + 2) << 16)) << 8) >> 8;
}

function decode32(bytes: Uint8Array, out: Int32Array): void {
  for (let i = 0, b = 0; i < out.length; i++, b += 4)
    out[i] = at(bytes, b) | (at(bytes, b + 1) << 8) | (at(bytes, b + 2) << 16) | (at(bytes, b + 3) << 24);
}

/** 16 bits with the high byte first. */
function decode61(bytes: Uint8Array, out: Int32Array): void {
  for (let i = 0, b = 0; i < out.length; i++, b += 2)
    out[i] = (((at(bytes, b) << 8) | at(bytes, b + 1)) << 16) >> 16;
}

/** 8 bits in offset binary. */
function decode80(bytes: Uint8Array, out: Int32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = at(bytes, i) - 128;
}

/** 16 bits in offset binary. */
function decode160(bytes: Uint8Array, out: Int32Array): void {
  for (let i = 0, b = 0; i < out.length; i++, b += 2)
    out[i] = (at(bytes, b) | (at(bytes, b + 1) << 8)) - 32768;
}

/** Two 12-bit samples in three bytes: the middle byte holds both high halves. */
function decode212(bytes: Uint8Array, out: Int32Array): void {
  for (let i = 0, b = 0; i < out.length; i += 2, b += 3) {
    const high = at(bytes, b + 1);
    out[i] = ((at(bytes, b) | (high << 8)) << 20) >> 20;
    // Writing beyond the end of a typed array does nothing.
    out[i + 1] = ((at(bytes, b + 2) | ((high & 240) << 4)) << 20) >> 20;
  }
}

/** Three 10-bit samples in two 16-bit words: bits 1 to 10 of each, and the top five bits of the first, then of the second. */
function decode310(bytes: Uint8Array, out: Int32Array): void {
  for (let i = 0, b = 0; i < out.length; i += 3, b += 4) {
    const first = at(bytes, b) | (at(bytes, b + 1) << 8);
    const second = at(bytes, b + 2) | (at(bytes, b + 3) << 8);
    out[i] = (first << 21) >> 22;
    out[i + 1] = (second << 21) >> 22;
    out[i + 2] = (((first >> 11) | ((second >> 11) << 5)) << 22) >> 22;
  }
}

/** Three 10-bit samples in one 32-bit word, from its low end; two bits are left over. */
function decode311(bytes: Uint8Array, out: Int32Array): void {
  for (let i = 0, b = 0; i < out.length; i += 3, b += 4) {
    const word = at(bytes, b) | (at(bytes, b + 1) << 8) | (at(bytes, b + 2) << 16) | (at(bytes, b + 3) << 24);
    out[i] = (word << 22) >> 22;
    out[i + 1] = (word << 12) >> 22;
    out[i + 2] = (word << 2) >> 22;
  }
}

export const SAMPLE_FORMATS: ReadonlyMap<number, SampleFormat> = new Map<number, SampleFormat>([
  [8, single(1, undefined, decode8, true)],
  [16, single(2, -32768, decode16)],
  [24, single(3, -8388608, decode24)],
  [32, single(4, -2147483648, decode32)],
  [61, single(2, -32768, decode61)],
  [80, single(1, -128, decode80)],
  [160, single(2, -32768, decode160)],
  [212, { group: { samples: 2, bytes: 3 }, partial: [0, 0, 1], invalid: -2048, decode: decode212 }],
  [310, { group: { samples: 3, bytes: 4 }, partial: [0, 0, 1, 1], invalid: -512, decode: decode310 }],
  [311, { group: { samples: 3, bytes: 4 }, partial: [0, 0, 1, 2], invalid: -512, decode: decode311 }],
]);

/** Whole samples in a number of bytes; the last group may lack bytes that only samples beyond the end need. */
export function samplesIn(bytes: number, { group, partial }: SampleFormat): number {
  const whole = Math.floor(bytes / group.bytes);
  return whole * group.samples + (partial[bytes - whole * group.bytes] as number);
}
