/** What is compared, and what came of it. */

/** Something in the folder that says what a file holds. */
export interface Check {
  /** From the folder's root, with / between its parts. */
  readonly file: string;
  /** Where the expected values come from: `expected.json`, `rdsamp`, ... */
  readonly truth: string;
  /** Compares; throws where the file cannot be read. */
  run(): Promise<Comparison>;
}

/** Collects the values of one check. */
export class Comparison {
  /** In words, e.g. "EDF+D, 2 channels"; for the table. */
  what = '';
  compared = 0;
  /** Largest difference in parts of what is allowed: over 1 is a failure. */
  worst = 0;
  readonly failures: string[] = [];

  /** Values with as many digits as the tables have: seven. A missing one is NaN here and null there. */
  number(name: string, found: number | undefined, expected: number | null, tolerance = 1e-6): void {
    this.compared++;
    if (expected === null || Number.isNaN(expected)) {
      if (found === undefined || !Number.isNaN(found)) this.fail(name, found, 'missing');
      return;
    }
    const allowed = tolerance * Math.max(1e-3, Math.abs(expected));
    const off = found === undefined ? Number.POSITIVE_INFINITY : Math.abs(found - expected) / allowed;
    this.worst = Math.max(this.worst, Number.isNaN(off) ? Number.POSITIVE_INFINITY : off);
    if (!(off <= 1)) this.fail(name, found, expected);
  }

  numbers(
    name: string,
    found: ArrayLike<number>,
    expected: readonly (number | null)[],
    tolerance?: number,
  ): void {
    this.same(`${name}: how many`, found.length, expected.length);
    for (const [i, value] of expected.entries()) this.number(`${name}[${i}]`, found[i], value, tolerance);
  }

  same(name: string, found: unknown, expected: unknown): void {
    this.compared++;
    if (found !== expected) this.fail(name, found, expected);
  }

  private fail(name: string, found: unknown, expected: unknown): void {
    if (this.failures.length < 5)
      this.failures.push(`${name} is ${String(found)}, expected ${String(expected)}`);
  }
}
