/** What the frozen tokens know of the labels: the table of the command `spotr probe`, of the windows of the map. */
import {
  MODEL_RATE,
  type Modality,
  type RecordingWindows,
  requireSeparate,
  SignalError,
  type SplitName,
} from '../../data/index.ts';
import type { Engine } from '../../engine/index.ts';
import { gatherRows } from '../../evaluate/index.ts';
import { type Compaction, randomEncoder, type SpotrConfig } from '../../model/index.ts';
import { type Divisible, divideBySubject, holdOutValidation } from '../../workflows/labelled/division.ts';
import { meanMetrics } from '../../workflows/labelled/outcome.ts';
import { probeTables } from '../../workflows/labelled/probe.ts';
import {
  PROBE_DEFAULTS,
  type ProbeTableSettings,
  protocolInWords,
} from '../../workflows/labelled/protocol.ts';
import { separationInWords, separationOf } from '../../workflows/labelled/separation.ts';
import {
  groupsOf,
  type LabelledPlace,
  positiveInWords,
  rowsOf,
  type Task,
  taskOf,
  taskProblems,
} from '../../workflows/labelled/task.ts';
import { type TokenColumns, tokensOf } from '../../workflows/labelled/tokens.ts';
import { cautionInWords, cautionOf, verdicts } from '../../workflows/labelled/verdict.ts';
import { SAY_NOTHING, type Say } from '../../workflows/progress.ts';
import { plural, showCount } from '../../workflows/words.ts';
import type { Probed } from '../messages.ts';
import type { Tokens } from './maps.ts';
import type { WindowSet } from './windows.ts';

/** Numbers beyond which a regression on samples takes longer than somebody at a page waits. */
const MOST_RAW = 1e6;

/** Windows at a time, as the command's --embed-batch. */
const BATCH = 64;

export interface ProbeOptions {
  /** What the tokens were made with: that of a random encoder of the same size stands beside it. */
  readonly model?: { readonly config: SpotrConfig; readonly compaction?: Compaction };
  /** Of two labels the one that is looked for. Default: the rarer. */
  readonly positive?: string | undefined;
  readonly settings?: Partial<ProbeTableSettings>;
  /** Told what is under way. */
  readonly say?: Say;
}

/** @throws SignalError where the labels are too few for an answer, and where a person is in two parts of a table. */
export async function probe(
  engine: Engine,
  windows: WindowSet,
  tokens: Tokens,
  modality: Modality | null,
  { model, positive, settings: asked = {}, say = SAY_NOTHING }: ProbeOptions = {},
): Promise<Probed> {
  const labelled = windows.places.flatMap((place, window) => {
    const label = windows.labelOf(window);
    const isAsked = modality === null || windows.of(window).own.modality === modality;
    return label !== null && isAsked ? [{ ...place, at: window, label }] : [];
  });
  const settings = { ...PROBE_DEFAULTS, ...asked };
  const { task, how } = divided(windows, labelled, modality, settings.seed, positive);
  const mapped = new Map(labelled.map(({ recording, window, at }) => [`${recording} ${window}`, at]));
  const order = task.places.map(({ recording, window }) => mapped.get(`${recording} ${window}`) as number);
  const { dim: columns } = tokens;
  const inOrder = (values: Float32Array) => ({ values: gatherRows({ values, columns }, order), columns });
  const own: TokenColumns = { token: inOrder(tokens.values), others: inOrder(tokens.others) };
  const tables = await probeTables({
    ...{ engine, task, settings, tokens: own, mostRaw: MOST_RAW, say },
    ...(model && { untrainedTokens: () => untrained(engine, task, model, settings.seed, say) }),
  });
  const separation = separationInWords(await separationOf(task));
  const all = windows.recordings.reduce((sum, { shape }) => sum + shape[0], 0);
  const thinned =
    all > windows.places.length
      ? [
          `The map has ${showCount(windows.places.length)} of ${plural(all, 'window')}; spotr probe takes them all.`,
        ]
      : [];
  const elsewhere = labelled.filter(({ at }) => !windows.isAligned(at)).length;
  const shifted =
    elsewhere > 0
      ? [
          `${showCount(elsewhere)} of ${plural(labelled.length, 'labelled window')} ${elsewhere === 1 ? 'lies' : 'lie'} otherwise than spotr probe cuts them: windows here begin with the recording, there with each labelled stretch.`,
        ]
      : [];
  const caution = cautionOf(task, tables, settings);
  return {
    classes: task.classes,
    positive: task.positive
      ? { name: task.positive.name, how: positiveInWords(task.positive, 'AUPRC is') }
      : null,
    windows: {
      train: rowsOf(task, 'train').length,
      validation: rowsOf(task, 'validation').length,
      test: rowsOf(task, 'test').length,
    },
    tables: tables.map(({ title, rows }) => ({
      title,
      rows: rows.map((row) => ({ ...row, metrics: meanMetrics(row.seeds) })),
    })),
    confusion: tables[0]?.rows[0]?.confusion ?? [],
    protocol: protocolInWords(settings),
    how: [how, ...separation].join(' '),
    groups: caution.noun,
    seeds: settings.seeds,
    remarks: [...verdicts(tables, caution.noun), ...cautionInWords(caution), ...thinned, ...shifted],
  };
}

interface Labelled {
  readonly recording: number;
  readonly window: number;
  readonly label: string;
}

async function untrained(
  engine: Engine,
  task: Task,
  { config, compaction }: NonNullable<ProbeOptions['model']>,
  seed: number,
  say: Say,
): Promise<TokenColumns> {
  const { encoder, arenas } = randomEncoder(engine, config, seed, compaction ? { compaction } : {});
  try {
    return await tokensOf(engine, encoder, task, BATCH, say, 'tokens of the random encoder');
  } finally {
    arenas.dispose();
  }
}

/** As tables of labels say, else by subject as the command does; else, where that leaves a label out, within recordings. */
function divided(
  windows: WindowSet,
  labelled: readonly Labelled[],
  modality: Modality | null,
  seed: number,
  positive: string | undefined,
): { task: Task; how: string } {
  const classes = [...new Set(labelled.map(({ label }) => label))].sort();
  if (classes.length < 2)
    throw new SignalError(
      `The windows are of ${classes.length === 0 ? 'no label' : `one label, "${classes[0]}"`}; a probe needs windows of two labels: label some more.`,
    );
  const known = windows.labelled.filter((one) => modality === null || one.modality === modality);
  const isGiven = known.some(({ split }) => split !== undefined);
  const parts = isGiven ? given(known) : divideBySubject(known);
  const byName = new Map([...parts].map(([{ name }, split]) => [name, split]));
  // Of recordings that have labelled windows a part for validation is set apart, as the command does.
  const used = windows.recordings.flatMap((one, recording): Used[] => {
    const labels = labelled.flatMap((place) => (place.recording === recording ? [place.label] : []));
    return labels.length > 0 ? [{ ...one, recording, labels, split: byName.get(one.name) }] : [];
  });
  const apart = holdOutValidation(used, seed);
  const partOf = (_: Labelled, unit: Used) => apart.get(unit) as SplitName;
  const placed = taskIn(windows, labelled, used, partOf, positive);
  const problems = taskProblems(placed);
  if (problems.length === 0)
    return {
      task: placed,
      how: isGiven
        ? 'Divided as the table of labels says.'
        : 'Divided by person, or by recording where it is not known whose they are.',
    };
  if (isGiven)
    throw new SignalError(
      `Nothing can be learned here: ${problems.join('; ')}. Divide it otherwise by the column "split" of the table of labels, or leave the column out.`,
    );
  const within = byPlace(labelled);
  const task = taskIn(windows, labelled, used, (place) => within.get(place) as SplitName, positive);
  const few = taskProblems(task);
  if (few.length > 0)
    throw new SignalError(
      `Nothing can be learned here: ${few.join('; ')}. Label at least three windows of each, better many more, of several recordings.`,
    );
  return {
    task,
    how: 'Too few recordings to keep people apart: the first 60 % of each label are trained on, the last 20 % tested.',
  };
}

/** @throws SignalError where what belongs together is in several parts, and where a recording has none. */
function given(known: readonly Divisible[]): ReadonlyMap<Divisible, SplitName> {
  requireSeparate(known.map(({ split, ...one }) => (split === undefined ? one : { ...one, split })));
  return new Map(known.flatMap((one) => (one.split ? [[one, one.split] as const] : [])));
}

type Used = Divisible & { readonly recording: number };

function taskIn(
  windows: WindowSet,
  labelled: readonly Labelled[],
  used: readonly Used[],
  splitOf: (place: Labelled, unit: Used) => SplitName,
  positive: string | undefined,
): Task {
  const groups = groupsOf(used);
  const unitOf = new Map(used.map((one) => [one.recording, one]));
  const places = labelled.map((place): LabelledPlace => {
    const unit = unitOf.get(place.recording) as Used;
    const { recording, window, label } = place;
    return {
      recording,
      window,
      labels: [label],
      group: groups.get(unit) as string,
      split: splitOf(place, unit),
    };
  });
  return taskOf(places, windows.recordings, {
    seconds: oneLength(used.map(({ recording }) => windows.recordings[recording])),
    many: false,
    positive,
  });
}

/** @throws SignalError where the windows of a task are of several lengths. */
function oneLength(recordings: readonly (RecordingWindows | undefined)[]): number {
  const [samples = 0, ...others] = new Set(recordings.flatMap((own) => own?.shape[2] ?? []));
  if (others.length === 0) return samples / MODEL_RATE;
  throw new SignalError(
    'The labelled windows are of several lengths, each kind of signal at that of the weights; choose one kind, or enter one length and make the map again.',
  );
}

/** The first windows of each label for training, then those for validation, the last for test. */
function byPlace(labelled: readonly Labelled[]): ReadonlyMap<Labelled, SplitName> {
  const totals = new Map<string, number>();
  for (const { label } of labelled) totals.set(label, (totals.get(label) ?? 0) + 1);
  const seen = new Map<string, number>();
  return new Map(
    labelled.map((one) => {
      const at = seen.get(one.label) ?? 0;
      seen.set(one.label, at + 1);
      const place = at / (totals.get(one.label) as number);
      return [one, place < 0.6 ? 'train' : place < 0.8 ? 'validation' : 'test'];
    }),
  );
}
