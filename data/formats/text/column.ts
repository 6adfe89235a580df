/** A column of a table as it is read, row by row. */

/** More texts than this in one column are no labels. */
export const MOST_LABELS = 1024;

/** A column of `text` holds words that are neither labels nor numbers: nothing of them is kept. */
export type ColumnKind = 'number' | 'date' | 'label' | 'text';

export class Column {
  /** From the header or a comment, else its number. */
  readonly name: string;
  readonly isNamed: boolean;
  readonly labels: string[] = [];
  #kind: ColumnKind;
  private readonly places = new Map<string, number>();
  private numbers: Float64Array;
  private count = 0;
  #hasNumbers = false;

  constructor(name: string, isNamed: boolean, kind: ColumnKind, capacity: number) {
    this.name = name;
    this.isNamed = isNamed;
    this.#kind = kind;
    this.numbers = new Float64Array(capacity);
  }

  /** Of dates, `values` are seconds since the first one's day; of labels, places in `labels`. */
  get kind(): ColumnKind {
    return this.#kind;
  }

  /** Whether anything but missing values was pushed. */
  get hasNumbers(): boolean {
    return this.#hasNumbers;
  }

  push(value: number): void {
    if (this.count === this.numbers.length) {
      const larger = new Float64Array(Math.ceil(1.5 * this.count) + 1024);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    this.numbers[this.count++] = value;
    if (!Number.isNaN(value)) this.#hasNumbers = true;
  }

  /** The place of a label among those that there are; undefined where there are too many. */
  placeOf(label: string): number | undefined {
    const known = this.places.get(label);
    if (known !== undefined) return known;
    if (this.labels.length >= MOST_LABELS) return undefined;
    this.places.set(label, this.labels.length);
    return this.labels.push(label) - 1;
  }

  /** Takes a column that began with numbers or empty for one of words; the numbers become labels. False where there are too many. */
  becomeWords(kind: 'label' | 'text'): boolean {
    const { values } = this;
    for (let i = 0; i < values.length; i++) {
      if (Number.isNaN(values[i])) continue;
      const place = kind === 'label' ? this.placeOf(String(values[i])) : Number.NaN;
      if (place === undefined) return false;
      values[i] = place;
    }
    this.#kind = kind;
    return true;
  }

  /** The same column with some of its rows. */
  filtered(isKept: (value: number, row: number) => boolean): Column {
    const { values } = this;
    const kept = new Column(this.name, this.isNamed, this.#kind, 0);
    kept.numbers = values.filter(isKept);
    kept.count = kept.numbers.length;
    return kept;
  }

  get values(): Float64Array {
    return this.numbers.subarray(0, this.count);
  }
}
