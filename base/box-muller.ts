/** Two uniform words of 32 bits to two normal numbers (Box and Muller, 1958): `radius(a) cos(angle(b))`, and the same with the sine. */
export const TWO_POW_32 = 4294967296;

/** From (0, 1], so that its logarithm is finite. */
export const radius = (word: number): number => Math.sqrt(-2 * Math.log((word + 1) / TWO_POW_32));

export const angle = (word: number): number => ((2 * Math.PI) / TWO_POW_32) * word;
