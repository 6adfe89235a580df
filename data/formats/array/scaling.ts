/** What arrays beside a signal say of how its stored numbers become physical ones: applied, or the file is rejected. */
import { FormatError } from '../../errors.ts';
import { lastPart, scopesOf, type Variable, type VariableFile } from './variable.ts';

/** physical = factor * stored + offset, as the CF conventions (netCDF) and NWB have it. */
const FACTOR = /^(scale_factor|conversion)$/i;
/** NWB's factors of single channels, which come on top of that of all. */
const CHANNEL_FACTOR = /^channel_conversion$/i;
const OFFSET = /^add_offset$/i;
/** Stored numbers that stand for no sample. */
const FILL = /^(_?fill_?value|missing_value)$/i;
const RANGE = /^valid_range$/i;
const LEAST = /^valid_min$/i;
const MOST = /^valid_max$/i;
/** Nothing says whether to multiply or to divide by these, or whether an offset is subtracted, and before or after. */
const UNCLEAR_FACTOR =
  /^(adc_?)?(gains?|scale|scales|scaling|scaling_?factor|scale_?factors|calibration|multiplier|slope|lsb|bit_?volts?|uv_?per_?bit|counts?_?per_?unit|factors?|scl_?slope|(phys(ical)?|dig(ital)?)_?(min|max)(imum)?s?|([a-z\u00b5\u03bc]+_?)?(resolutions?|lsb)|[a-z\u00b5\u03bc]+[ _]?(per|\/)[ _]?(bit|lsb|count|adu|adc|unit|step)s?)$/i;
const UNCLEAR_OFFSET = /^(adc_?)?(offsets?|zeros?|baselines?|intercept|scl_?inter)$/i;
/** "resolution" may mean the bits of a converter, which change no number. */
const isBits = (name: string, value: number) =>
  /resolution/i.test(name) && Number.isInteger(value) && value >= 8;

/** Is an array of this name about the numbers of another one? */
export function isAboutScale(name: string): boolean {
  return [FACTOR, CHANNEL_FACTOR, OFFSET, FILL, RANGE, LEAST, MOST, UNCLEAR_FACTOR, UNCLEAR_OFFSET].some(
    (names) => names.test(name),
  );
}

/** Makes the samples of a channel, as they are stored, physical ones in place. */
export type Scaling = (values: Float64Array, channel: number) => void;

interface Found {
  name: string;
  values: Float64Array;
}

/**
 * Undefined where the stored numbers are physical. What is applied is said in the notes.
 * @throws FormatError for what might be meant and its name does not settle, and for what does not fit the channels.
 */
export async function scalingOf(
  { name: file, variables }: VariableFile,
  signal: Variable,
  channels: number,
  notes: string[],
): Promise<Scaling | undefined> {
  const find = async (
    isMeant: RegExp,
    scopes = scopesOf(signal.name).slice(0, 3),
  ): Promise<Found | undefined> => {
    for (const scope of scopes) {
      const found = variables.find(
        ({ name, numbers }) =>
          name !== signal.name && numbers && name.startsWith(scope) && isMeant.test(name.slice(scope.length)),
      );
      if (found) return { name: found.name, values: await valuesOf(found) };
    }
    return undefined;
  };
  rejectWords(file, variables, signal);
  await requireClear(file, signal, find);
  const [factor, channelFactor, offset] = [
    await find(FACTOR),
    await find(CHANNEL_FACTOR),
    await find(OFFSET),
  ];
  // NWB's offset goes with its conversion.
  const shift = offset ?? (factor && /conversion$/i.test(factor.name) ? await find(/^offset$/i) : undefined);
  for (const one of [factor, channelFactor]) {
    if (!one?.values.includes(0)) continue;
    throw new FormatError(
      file,
      `has a 0 in "${one.name}", which would make every number of it the same.`,
      'Mend it there, or save physical values without it.',
      { field: one.name, found: 0, expected: 'numbers other than 0' },
    );
  }
  const scales = [factor, channelFactor].flatMap((one) => (one ? [perChannel(file, one, channels)] : []));
  const shifts = shift ? perChannel(file, shift, channels) : undefined;
  const [fill, range] = [await find(FILL), await find(RANGE)];
  const least = range?.values[0] ?? (await find(LEAST))?.values[0] ?? Number.NEGATIVE_INFINITY;
  const most = range?.values[1] ?? (await find(MOST))?.values[0] ?? Number.POSITIVE_INFINITY;
  const isBounded = least > Number.NEGATIVE_INFINITY || most < Number.POSITIVE_INFINITY;
  const used = [factor, channelFactor, shift].flatMap((one) => (one ? [`"${lastPart(one.name)}"`] : []));
  if (used.length > 0) notes.push(`its ${used.join(' and ')} ${used.length > 1 ? 'are' : 'is'} applied`);
  if (fill || isBounded) notes.push('what it declares to be missing or out of range counts as missing');
  if (used.length === 0 && !fill && !isBounded) return undefined;
  return (values, channel) => {
    const scale = scales.reduce((product, each) => product * (each[channel] as number), 1);
    const added = shifts?.[channel] ?? 0;
    for (let i = 0; i < values.length; i++) {
      const stored = values[i] as number;
      const isMissing = stored < least || stored > most || fill?.values.includes(stored) === true;
      values[i] = isMissing ? Number.NaN : scale * stored + added;
    }
  };
}

/** A factor that is there and cannot be read as a number must not be passed over. */
function rejectWords(file: string, variables: readonly Variable[], signal: Variable): void {
  const scopes = scopesOf(signal.name).slice(0, 3);
  const worded = variables.find(
    ({ name, numbers, texts }) =>
      !numbers &&
      texts &&
      scopes.some(
        (scope) =>
          name.startsWith(scope) &&
          [FACTOR, CHANNEL_FACTOR, OFFSET].some((one) => one.test(name.slice(scope.length))),
      ),
  );
  if (!worded) return;
  throw new FormatError(
    file,
    `has "${worded.name}" as a text, and a number is needed to make its numbers physical ones.`,
    'Save it as a number.',
    { field: worded.name, found: 'a text', expected: 'a number' },
  );
}

/** Beside numbers that are integers it matters; floats with a gain beside them have as a rule been multiplied by it. */
async function requireClear(
  file: string,
  signal: Variable,
  find: (isMeant: RegExp, scopes?: string[]) => Promise<Found | undefined>,
): Promise<void> {
  const isInteger = /^u?int/.test(signal.kind);
  // An attribute of the array itself is about its numbers, whatever they are.
  const scopes = isInteger ? scopesOf(signal.name).slice(0, 3) : [`${signal.name}@`];
  const hasConversion = (await find(/^conversion$/i)) !== undefined;
  for (const [isMeant, neutral] of [
    [UNCLEAR_FACTOR, 1],
    [UNCLEAR_OFFSET, 0],
  ] as const) {
    const unclear = await find(isMeant, scopes);
    if (!unclear || unclear.values.every((value) => value === neutral || isBits(unclear.name, value)))
      continue;
    if (hasConversion && /(^|[@/.])offset$/i.test(unclear.name)) continue;
    throw new FormatError(
      file,
      `has "${unclear.name}" (${[...unclear.values.slice(0, 4)].join(', ')}${unclear.values.length > 4 ? ', ...' : ''}), and nothing shows how its numbers become physical ones with it.`,
      'Save physical values without it, or call it "scale_factor" and "add_offset" (physical = scale_factor * stored + add_offset).',
      { field: unclear.name, expected: '"scale_factor" and "add_offset"' },
    );
  }
}

async function valuesOf({ numbers }: Variable): Promise<Float64Array> {
  const [rows, columns] = numbers?.plane ?? [0, 0];
  if (rows !== 1 || !numbers) return new Float64Array(0);
  return (await numbers.read(1, [0], 0, columns))[0] as Float64Array;
}

function perChannel(file: string, { name, values }: Found, channels: number): Float64Array {
  if (values.length === channels && values.every(Number.isFinite)) return values;
  const [only] = values;
  if (values.length === 1 && only !== undefined && Number.isFinite(only))
    return new Float64Array(channels).fill(only);
  throw new FormatError(
    file,
    `has ${values.length} numbers in "${name}" for ${channels} channels.`,
    'One for all, or one for each channel, is needed; each a finite number.',
    { field: name, found: values.length, expected: `1 or ${channels}` },
  );
}
