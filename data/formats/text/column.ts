/** A column of a table as it is read, row by row. */

/** More texts than this in one column are no labels. */
export const MOST_LABELS = 1024;

export type ColumnKind = 'number' | 'date' | 'label';

export class Column {
  /** From the header or a comment, else its number. */
  readonly name: string;
  readonly isNamed: boolean;
  /** Of dates, `values` are seconds since the first one's day; of labels, places in `labels`. */
  readonly kind: ColumnKind;
  readonly labels: string[] = [];
  private readonly places = new Map<string, number>();
  private numbers: Float64Array;
  private count = 0;

  constructor(name: string, isNamed: boolean, kind: ColumnKind, capacity: number) {
    this.name = name;
    this.isNamed = isNamed;
    this.kind = kind;
    this.numbers = new Float64Array(capacity);
  }

  push(value: number): void {
    if (this.count === this.numbers.length) {
      const larger = new Float64Array(Math.ceil(1.5 * this.count) + 1024);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    this.numbers[this.count++] = value;
  }

  /** The place of a label among those that there are; undefined where there are too many. */
  placeOf(label: string): number | undefined {
    const known = this.places.get(label);
    if (known !== undefined) return known;
    if (this.labels.length >= MOST_LABELS) return undefined;
    this.places.set(label, this.labels.length);
    return this.labels.push(label) - 1;
  }

  get values(): Float64Array {
    return this.numbers.subarray(0, this.count);
  }
}
