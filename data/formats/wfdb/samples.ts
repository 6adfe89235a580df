/** Storage formats of WFDB signal files; see signal(5) of the WFDB Applications Guide. */

export interface SampleFormat {
  /** Samples that share a whole number of bytes, and that number. */
  group: { samples: number; bytes: number };
  /** The value that stands for a missing sample. */
  invalid: number;
  /** The `index`-th sample of a stretch of bytes that starts at a whole group. */
  at(bytes: Uint8Array, index: number): number;
}

const byte = (bytes: Uint8Array, at: number): number => bytes[at] as number;

/** The formats that allow reading from any place; 8 (differences), 310, 311 and the compressed ones are not among them. */
export const SAMPLE_FORMATS: ReadonlyMap<number, SampleFormat> = new Map<number, SampleFormat>([
  [
    16,
    {
      group: { samples: 1, bytes: 2 },
      invalid: -32768,
      at: (bytes, i) => ((byte(bytes, 2 * i) | (byte(bytes, 2 * i + 1) << 8)) << 16) >> 16,
    },
  ],
  [
    24,
    {
      group: { samples: 1, bytes: 3 },
      invalid: -8388608,
      at: (bytes, i) =>
        ((byte(bytes, 3 * i) | (byte(bytes, 3 * i + 1) << 8) | (byte(bytes, 3 * i + 2) << 16)) << 8) >> 8,
    },
  ],
  [
    32,
    {
      group: { samples: 1, bytes: 4 },
      invalid: -2147483648,
      at: (bytes, i) =>
        byte(bytes, 4 * i) |
        (byte(bytes, 4 * i + 1) << 8) |
        (byte(bytes, 4 * i + 2) << 16) |
        (byte(bytes, 4 * i + 3) << 24),
    },
  ],
  // 16 bits with the high byte first.
  [
    61,
    {
      group: { samples: 1, bytes: 2 },
      invalid: -32768,
      at: (bytes, i) => (((byte(bytes, 2 * i) << 8) | byte(bytes, 2 * i + 1)) << 16) >> 16,
    },
  ],
  // 8 and 16 bits in offset binary.
  [80, { group: { samples: 1, bytes: 1 }, invalid: -128, at: (bytes, i) => byte(bytes, i) - 128 }],
  [
    160,
    {
      group: { samples: 1, bytes: 2 },
      invalid: -32768,
      at: (bytes, i) => (byte(bytes, 2 * i) | (byte(bytes, 2 * i + 1) << 8)) - 32768,
    },
  ],
  // Two 12-bit samples in three bytes: the middle byte holds both high halves.
  [
    212,
    {
      group: { samples: 2, bytes: 3 },
      invalid: -2048,
      at: (bytes, i) => {
        const base = 3 * (i >> 1);
        const high = byte(bytes, base + 1);
        const bits =
          i & 1 ? byte(bytes, base + 2) | ((high >> 4) << 8) : byte(bytes, base) | ((high & 15) << 8);
        return (bits << 20) >> 20;
      },
    },
  ],
]);

/** Whole samples in a number of bytes: a last 212 pair may lack its third byte when the number of samples is odd. */
export function samplesIn(bytes: number, { group }: SampleFormat): number {
  const whole = Math.floor(bytes / group.bytes);
  const rest = bytes - whole * group.bytes;
  return whole * group.samples + (group.samples === 2 && rest === 2 ? 1 : 0);
}
