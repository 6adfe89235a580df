/** What the frozen tokens know of the labels, with the same code as the command `spotr probe`. */
import { assignSplits, type Modality, SignalError, type SplitName } from '../../data/index.ts';
import type { Engine } from '../../engine/index.ts';
import {
  classTargets,
  countsOf,
  type LabelledRows,
  logisticScores,
  ScoredRows,
  type Scores,
  scoresOf,
  takeRows,
  trainProbe,
} from '../../model/index.ts';
import type { Probed } from '../messages.ts';
import type { Tokens } from './maps.ts';
import type { WindowSet } from './windows.ts';

const SEED = 1;
const PARTS: readonly SplitName[] = ['train', 'validation', 'test'];
/** As the command takes; a fixed one, where there is little to choose it by. */
const STRENGTH = 0.1;

interface Labelled {
  readonly window: number;
  readonly recording: string;
  readonly subject: string | undefined;
  readonly label: string;
}

/** @throws SignalError where the labels are too few to tell anything. */
export async function probe(
  engine: Engine,
  windows: WindowSet,
  tokens: Tokens,
  modality: Modality | null,
): Promise<Probed> {
  const labelled = windows.places.flatMap((_, window): Labelled[] => {
    const { own } = windows.of(window);
    const label = windows.labelOf(window);
    if (label === null || (modality !== null && own.modality !== modality)) return [];
    return [{ window, recording: own.name, subject: own.subject, label }];
  });
  const classes = [...new Set(labelled.map(({ label }) => label))].sort();
  if (classes.length < 2)
    throw new SignalError(
      `The windows are of ${classes.length === 0 ? 'no label' : `one label, "${classes[0]}"`}; a probe needs windows of two labels: label some more.`,
    );
  const { parts, how } = divide(labelled);
  const targets = classTargets(
    labelled.map(({ label }) => classes.indexOf(label)),
    classes.length,
  );
  const { dim, values } = tokens;
  const rowsOf = (part: SplitName): LabelledRows => {
    const chosen = labelled.flatMap((_, i) => (parts[i] === part ? [i] : []));
    const own = new Float32Array(chosen.length * dim);
    for (const [row, i] of chosen.entries()) {
      const from = (labelled[i] as Labelled).window * dim;
      own.set(values.subarray(from, from + dim), row * dim);
    }
    return { values: own, columns: dim, targets: takeRows(targets, chosen) };
  };
  const [train, validation, test] = PARTS.map(rowsOf) as [LabelledRows, LabelledRows, LabelledRows];
  for (const [name, part] of [
    ['training', train],
    ['validation', validation],
    ['test', test],
  ] as const) {
    const counts = countsOf(part.targets);
    const missing = classes.filter((_, i) => counts[i] === 0);
    if (missing.length > 0)
      throw new SignalError(
        `No window of "${missing.join('", "')}" is left for ${name}; label at least three windows of each, better many more, of several recordings.`,
      );
  }
  const { kept } = await trainProbe(engine, train, validation, { seed: SEED });
  const score = (name: string, scores: Scores['values']) => ({
    name,
    scored: new ScoredRows({ values: scores, classes: classes.length }, test.targets),
  });
  const share = countsOf(train.targets).map((count) => count / (train.values.length / dim));
  const rows = [
    score('linear probe on the token', scoresOf(kept, test, false)),
    score('logistic regression on the token', logisticScores(train, train.targets, { c: STRENGTH })(test)),
    score(
      'frequencies of the labels',
      Float64Array.from(
        { length: (test.values.length / dim) * classes.length },
        (_, i) => share[i % classes.length] as number,
      ),
    ),
  ];
  const count = ({ values: own }: LabelledRows) => own.length / dim;
  return {
    classes,
    windows: { train: count(train), validation: count(validation), test: count(test) },
    rows: rows.map(({ name, scored }) => ({ name, metrics: scored.metrics() })),
    confusion: rows[0]?.scored.confusion() ?? [],
    how,
  };
}

/** Divisions that are tried for one that has every label in every part. */
const MOST_DIVISIONS = 200;

/** By subject where each label has three of them, else by stretches of windows one after the other. */
function divide(labelled: readonly Labelled[]): { parts: SplitName[]; how: string } {
  const parts = bySubject(labelled);
  if (parts) return { parts, how: 'Nobody whose windows are tested was trained on.' };
  return {
    parts: byPlace(labelled),
    how: 'Too few recordings to keep people apart: the first 60 % of each label are trained on, the last 20 % tested. Windows of one person are alike, so this says little of others.',
  };
}

function bySubject(labelled: readonly Labelled[]): SplitName[] | undefined {
  const units = new Map(
    labelled.map(({ recording, subject }) => [
      recording,
      { name: recording, ...(subject !== undefined && { subject }) },
    ]),
  );
  const wanted = PARTS.length * new Set(labelled.map(({ label }) => label)).size;
  for (let seed = SEED; seed < SEED + MOST_DIVISIONS; seed++) {
    const assigned = assignSplits([...units.values()], { validation: 0.2, test: 0.2 }, seed);
    const partOf = new Map(
      [...units.keys()].map((name) => [name, assigned.get(units.get(name) as { name: string })]),
    );
    const parts = labelled.map(({ recording }) => partOf.get(recording) as SplitName);
    if (new Set(labelled.map(({ label }, i) => `${parts[i]} ${label}`)).size === wanted) return parts;
  }
  return undefined;
}

function byPlace(labelled: readonly Labelled[]): SplitName[] {
  const totals = new Map<string, number>();
  for (const { label } of labelled) totals.set(label, (totals.get(label) ?? 0) + 1);
  const seen = new Map<string, number>();
  return labelled.map(({ label }) => {
    const at = seen.get(label) ?? 0;
    seen.set(label, at + 1);
    const place = at / (totals.get(label) as number);
    return place < 0.6 ? 'train' : place < 0.8 ? 'validation' : 'test';
  });
}
