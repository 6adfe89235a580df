/** Files of named arrays (NPZ, MAT, HDF5): which of them is the signal, and which say its rate and its labels. */
import { firstNames } from '../../../base/first-names.ts';
import { modalityOf, modalityOfAll, requireRange } from '../../channels.ts';
import { FormatError } from '../../errors.ts';
import type { ChannelInfo, Recording } from '../../recording.ts';
import type { OpenOptions } from '../format.ts';
import { channelFacts, rateFrom } from './facts.ts';
import { isAboutScale, scalingOf } from './scaling.ts';
import type { Numbers } from './stored.ts';
import { lastPart, shapeText, shown, type Variable, type VariableFile } from './variable.ts';

/** More places than this along the shorter axis are windows or trials, not channels. */
const MAXIMUM_CHANNELS = 512;
/** An array this many times shorter than another one (positions of electrodes, filters) is not the signal. */
const MUCH_SHORTER = 20;

const LABELS_OF_WINDOWS = /^(labels?|class(es)?|targets?|y|annotations?)$/i;
/** Vectors that go along with a signal and are none. */
const NO_SIGNAL =
  /^(times?|t|timestamps?|index|idx|events?|triggers?|markers?|onsets?|durations?|peaks?|r_?peaks|mask|weights?)$/i;
/** Vectors about people and recordings, one number for each. */
const OF_RECORDINGS =
  /^((.*_)?(ids?|numbers?|no|ages?|sex|gender|folds?|splits?|scores?|dates?|years?|counts?|lengths?)|(is|has|n|num)_.*|(patient|subject|exam|trace|record(ing)?|file)s?|(fe)?male)$/i;

/**
 * The recording in a file of arrays. The signal is the array that `options.variable` names, or the only one that can
 * be; its longer axis is time, unless labels or times decide. Scale factors beside it are applied. Throws a FormatError that lists the arrays where it cannot choose.
 */
export async function recordingOf(file: VariableFile, options: OpenOptions): Promise<Recording> {
  const signal = choose(file, options.variable);
  const numbers = signal.numbers as Numbers;
  const notes = [...(file.notes ?? [])];
  const facts = await channelFacts(file.variables, signal);
  const time = timeAxis(file, signal, facts.labels?.length, facts.times?.numbers?.plane[1], notes);
  const [length, count] = [numbers.plane[time], numbers.plane[1 - time] as number];
  if (!options.variable) rejectWindows(file, signal, count, length);
  const rate = await rateFrom(file, facts, length, options.rate, notes);
  const scale = await scalingOf(file, signal, count, notes);
  const labels = facts.labels?.length === count ? facts.labels : undefined;
  if (facts.labels && !labels)
    notes.push(`its ${facts.labels.length} labels are left out: there are ${count} channels`);
  const channels = Array.from({ length: count }, (_, i): ChannelInfo => {
    const own = labels?.[i]?.trim() || (count === 1 ? lastPart(signal.name) : '');
    return { label: own || String(i + 1), unit: facts.units?.[i] ?? facts.units?.[0] ?? '', rate, length };
  });
  const modality = modalityOfAll(channels) ?? modalityOf(lastPart(signal.name));
  return {
    name: file.name,
    format: file.format,
    ...(modality ? { modality } : {}),
    channels,
    gaps: [],
    notes,
    read: async (asked, start, wanted) => {
      requireRange(file.name, channels, asked, start, wanted);
      const signals = await numbers.read(time, asked, start, wanted);
      signals.forEach((values, i) => {
        scale?.(values, asked[i] as number);
        withoutInfinities(values);
      });
      return signals;
    },
  };
}

/** Infinite samples are missing ones: no amplifier measures them, and one of them would spoil every mean. */
function withoutInfinities(signal: Float64Array): void {
  for (let i = 0; i < signal.length; i++) if (!Number.isFinite(signal[i])) signal[i] = Number.NaN;
}

function choose({ name: file, variables }: VariableFile, wished: string | undefined): Variable {
  const arrays = variables.filter(({ name }) => !name.includes('@'));
  if (wished !== undefined) {
    const exact = arrays.filter(({ name }) => name === wished);
    const found = exact.length > 0 ? exact : arrays.filter(({ name }) => lastPart(name) === lastPart(wished));
    const [one] = found;
    if (found.length !== 1 || !one) {
      throw new FormatError(file, `has no array "${wished}".`, `It has ${listed(arrays)}.`, {
        field: wished,
        expected: listed(arrays),
      });
    }
    if (one.numbers) return one;
    throw new FormatError(file, `holds ${named(one)} of ${shown(one)}.`, expectedShape, { field: one.name });
  }
  const possible = arrays.filter(({ name, numbers }) => {
    const isVector = numbers?.plane[0] === 1;
    const own = lastPart(name);
    const goesAlong =
      isVector &&
      (isAboutScale(own) || [NO_SIGNAL, OF_RECORDINGS, LABELS_OF_WINDOWS].some((names) => names.test(own)));
    return lengthOf(numbers) > 1 && !goesAlong;
  });
  const longest = Math.max(...possible.map(({ numbers }) => lengthOf(numbers)));
  const candidates = possible.filter(({ numbers }) => lengthOf(numbers) * MUCH_SHORTER > longest);
  if (candidates.length > 0) rejectLarger(file, arrays, candidates);
  if (candidates.length === 1) return candidates[0] as Variable;
  if (candidates.length === 0) {
    throw new FormatError(
      file,
      `holds no array that can be a signal: ${arrays.length > 0 ? listed(arrays) : 'it is empty'}.`,
      expectedShape,
      { expected: 'numbers as [channels, samples]' },
    );
  }
  throw new FormatError(
    file,
    `holds ${candidates.length} arrays that could be the signal: ${listed(candidates)}.`,
    'Name one (--variable NAME).',
    { field: 'variable' },
  );
}

/** What cannot be read, for its type or for an axis too many, is no reason to take something smaller for the signal. */
function rejectLarger(file: string, arrays: readonly Variable[], candidates: readonly Variable[]): void {
  const most = Math.max(...candidates.map(countOf));
  const data = arrays.filter((one) => !one.numbers && !one.texts && !NO_DATA.test(one.kind));
  const larger = data.find((one) => countOf(one) > 1 && countOf(one) * MUCH_SHORTER > most);
  if (!larger) return;
  const isOfNumbers =
    /^(u?int|float)\d+$/.test(larger.kind) && larger.shape.filter((length) => length !== 1).length > 2;
  throw new FormatError(
    file,
    `holds ${named(larger)} of ${shown(larger)}, ${isOfNumbers ? 'which has an axis too many for a recording (of windows or trials?)' : 'which are not read'}, beside ${listed(candidates)}.`,
    isOfNumbers
      ? 'Save each recording as [channels, samples] in a file of its own; if another array is the signal, name it (--variable NAME).'
      : 'Save it as real numbers (astype float32); if another array is the signal, name it (--variable NAME).',
    { field: larger.name, found: shown(larger), expected: 'real numbers as [channels, samples]' },
  );
}

/** Kinds of what is no array of samples, whatever its size. */
const NO_DATA =
  /^(objects|functions|references|cells|text|time|opaque|bits|logical values|deeper structures)$/;

function countOf({ shape }: Variable): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Of its longer axis; 0 where it has no numbers at all. */
function lengthOf(numbers: Numbers | undefined): number {
  const [rows, columns] = numbers?.plane ?? [0, 0];
  return rows * columns === 0 ? 0 : Math.max(rows, columns);
}

const expectedShape =
  'A recording is real numbers as [channels, samples] or [samples, channels]; save its windows or trials one after the other.';

function timeAxis(
  { name: file }: VariableFile,
  { name, shape, numbers }: Variable,
  labels: number | undefined,
  times: number | undefined,
  notes: string[],
): 0 | 1 {
  const [rows, columns] = (numbers as Numbers).plane;
  if (rows === 1) return 1;
  const what = named({ name });
  if (rows !== columns) {
    for (const [axis, length, other] of [
      [0, rows, columns],
      [1, columns, rows],
    ] as const)
      if (times === length || labels === other) return axis;
    const time = rows > columns ? 0 : 1;
    notes.push(`${what} is ${shapeText(shape)}; its longer axis is taken for time`);
    return time;
  }
  throw new FormatError(
    file,
    `holds ${what} of ${shapeText(shape)}, where nothing distinguishes time from channels.`,
    'Save more samples than channels.',
    { field: name, found: shapeText(shape), expected: '[channels, samples] with more samples than channels' },
  );
}

/** A table of windows with a class each is not a recording. */
function rejectWindows(
  { name: file, variables }: VariableFile,
  { name, shape }: Variable,
  channels: number,
  length: number,
): void {
  const classes = variables.find(
    (other) =>
      LABELS_OF_WINDOWS.test(lastPart(other.name)) &&
      other.numbers?.plane[0] === 1 &&
      other.numbers.plane[1] === channels &&
      channels > 1,
  );
  if (!classes && channels <= MAXIMUM_CHANNELS) return;
  const why = classes
    ? `and "${classes.name}" has a number for each of ${channels}`
    : `so ${channels} channels`;
  throw new FormatError(
    file,
    `holds ${named({ name })} of ${shapeText(shape)}, ${why}: it looks like ${channels} windows of ${length} samples, not like a recording.`,
    'Save each recording as [channels, samples] in a file of its own.',
    { field: name, found: shapeText(shape), expected: '[channels, samples]' },
  );
}

function named({ name }: Pick<Variable, 'name'>): string {
  return name === '' ? 'the array' : `"${name}"`;
}

function listed(variables: readonly Variable[]): string {
  return firstNames(
    variables.map((variable) => `${named(variable)} (${shown(variable)})`),
    12,
  );
}
