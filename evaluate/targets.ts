/** What rows are: one class each, or any number of labels. */
import { ModelError } from '../model/errors.ts';

export interface Targets {
  readonly classes: number;
  /** [rows, classes], row-major: 1 where the row is of the class. */
  readonly marks: Uint8Array;
  /** Rows may be of none and of several; otherwise each is of exactly one. */
  readonly many: boolean;
}

/** Rows of one class each, from class numbers. @throws ModelError that names the row. */
export function classTargets(labels: ArrayLike<number>, classes: number): Targets {
  const marks = new Uint8Array(labels.length * classes);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new ModelError(`Row ${row} is of class ${label}; classes are 0 to ${classes - 1}.`);
    marks[row * classes + label] = 1;
  }
  return { classes, marks, many: false };
}

export const rowCount = ({ marks, classes }: Targets): number => marks.length / classes;

/** Some of the rows, in this order. */
export function takeRows({ marks, classes, many }: Targets, rows: ArrayLike<number>): Targets {
  const taken = new Uint8Array(rows.length * classes);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    taken.set(marks.subarray(row * classes, (row + 1) * classes), i * classes);
  }
  return { classes, marks: taken, many };
}

/** Rows of each class. */
export function countsOf({ marks, classes }: Targets): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < marks.length; i++) counts[i % classes] = (counts[i % classes] ?? 0) + (marks[i] ?? 0);
  return counts;
}

/** The class of each row, where rows have one. @throws ModelError where they may have several, and for a row that has none or several. */
export function labelsOf({ marks, classes, many }: Targets): Uint32Array {
  if (many) throw new ModelError('Rows of several labels have no one class.');
  return Uint32Array.from({ length: marks.length / classes }, (_, row) => {
    const own = marks.subarray(row * classes, (row + 1) * classes);
    const label = own.indexOf(1);
    if (label < 0 || own.indexOf(1, label + 1) >= 0)
      throw new ModelError(
        `Row ${row} is of ${label < 0 ? 'no class' : 'several classes'}; where rows are of one class each it must be of one.`,
      );
    return label;
  });
}

/** Classes that distinguish rows: of which there are rows, and rows of which there are not. */
export function distinguishingClasses(targets: Targets): number {
  const rows = rowCount(targets);
  return countsOf(targets).filter((count) => count > 0 && count < rows).length;
}
