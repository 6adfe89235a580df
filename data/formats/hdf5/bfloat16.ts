/** The type of bfloat16 as the headers of HDF5 objects have it. */

/** Size 2, bits 0 to 15; the exponent of 8 bits at bit 7, the fraction of 7 at bit 0, and a bias of 127. Halves have 5, 10 and 15. */
const FIELDS = [2, 0, 0, 0, 0, 0, 16, 0, 7, 8, 0, 7, 127, 0, 0, 0] as const;

/** Does a piece of a file hold the description of this type? */
export function hasBfloat16(bytes: Uint8Array): boolean {
  const last = bytes.length - FIELDS.length;
  for (let at = bytes.indexOf(FIELDS[0]); at >= 0 && at <= last; at = bytes.indexOf(FIELDS[0], at + 1))
    if (FIELDS.every((byte, i) => bytes[at + i] === byte)) return true;
  return false;
}
