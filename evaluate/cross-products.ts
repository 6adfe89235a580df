/** Products of all pairs of variables, summed over observations, in float64: a covariance, or a Gram matrix. */

/** Observations whose values are at hand together. */
export const BLOCK = 128;
/** Variables are taken by fours. */
const TILE = 4;
/** Multiplications between two pauses: some milliseconds. */
const PAUSE_EVERY = 2 ** 22;

/**
 * The sums [variables, variables]. `fill` writes observations `from` ... `from + count - 1` of every variable:
 * variable i to `block[i * BLOCK]` and on. Yields how many multiplications were done since the last time, so that others
 * can have a turn. The same values give the same bits.
 *
 * By tiles of 4 by 2 variables over some observations at a time: so the sums stay in registers, and the values in the cache.
 */
export function* crossProducts(
  variables: number,
  observations: number,
  fill: (block: Float64Array, from: number, count: number) => void,
): Generator<number, Float64Array> {
  const width = TILE * Math.ceil(variables / TILE);
  const sums = new Float64Array(width * width);
  const block = new Float64Array(width * BLOCK);
  let done = 0;
  for (let from = 0; from < observations; from += BLOCK) {
    const count = Math.min(BLOCK, observations - from);
    if (count < BLOCK) block.fill(0);
    fill(block, from, count);
    for (let i = 0; i < width; i += TILE) {
      for (let j = i; j < width; j += TILE / 2) addTile(sums, block, width, i, j);
      done += TILE * (width - i) * BLOCK;
      if (done < PAUSE_EVERY) continue;
      yield done;
      done = 0;
    }
  }
  yield done;
  const all = new Float64Array(variables * variables);
  for (let i = 0; i < variables; i++)
    for (let j = i; j < variables; j++) {
      const value = sums[i * width + j] as number;
      all[i * variables + j] = value;
      all[j * variables + i] = value;
    }
  return all;
}

function addTile(sums: Float64Array, block: Float64Array, width: number, i: number, j: number): void {
  let s00 = 0;
  let s01 = 0;
  let s10 = 0;
  let s11 = 0;
  let s20 = 0;
  let s21 = 0;
  let s30 = 0;
  let s31 = 0;
  let a = i * BLOCK;
  let y = j * BLOCK;
  for (const end = y + BLOCK; y < end; a++, y++) {
    const first = block[y] as number;
    const second = block[y + BLOCK] as number;
    const p = block[a] as number;
    const q = block[a + BLOCK] as number;
    const r = block[a + 2 * BLOCK] as number;
    const s = block[a + 3 * BLOCK] as number;
    s00 += p * first;
    s01 += p * second;
    s10 += q * first;
    s11 += q * second;
    s20 += r * first;
    s21 += r * second;
    s30 += s * first;
    s31 += s * second;
  }
  const at = i * width + j;
  add(sums, at, s00, s01);
  add(sums, at + width, s10, s11);
  add(sums, at + 2 * width, s20, s21);
  add(sums, at + 3 * width, s30, s31);
}

function add(sums: Float64Array, at: number, first: number, second: number): void {
  sums[at] = (sums[at] as number) + first;
  sums[at + 1] = (sums[at + 1] as number) + second;
}
