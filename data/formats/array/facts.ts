/** What arrays say of another one by their names: rate, channel labels, units, times. */
import { FormatError } from '../../errors.ts';
import { FASTEST_RATE } from '../../rate.ts';
import { evenRate } from '../text/time-axis.ts';
import { lastPart, scopesOf, type Variable, type VariableFile } from './variable.ts';

const RATE =
  /^(fs|f_s|sf|fsample|srate|sfreq|rate|hz|freq(uency)?|samp(l(e|es|ed|ing))?[_ ]?(rate|freq(uency)?)([_ ]?hz)?)$/i;
const LABELS =
  /^(labels?|channels?|leads?|electrodes?|sensors?|ch(an(s|nels?)?)?[_ ]?(names?|labels?)|sig(nals?)?_?names?|columns?)$/i;
const UNITS = /^(units?|(ch(an(nel)?)?|phys(ical)?|signal)_?(units?|dim(ension)?s?))$/i;
const TIMES = /^(times?|t|timestamps?)$/i;
/** More times than this are not looked at one by one. */
const MAXIMUM_TIMES = 1 << 24;

export interface ChannelFacts {
  rate?: number;
  /** Where the rate was found. */
  rateName?: string;
  labels?: string[];
  units?: string[];
  times?: Variable;
}

/** Finds them nearest to the signal: its own attributes first, then its neighbours, then those of the groups above. */
export async function channelFacts(variables: readonly Variable[], signal: Variable): Promise<ChannelFacts> {
  const scopes = scopesOf(signal.name);
  const nearest = (isMeant: (own: string) => boolean, isFit: (variable: Variable) => boolean) => {
    for (const scope of scopes) {
      const found = variables.find(
        (other) =>
          other !== signal &&
          other.name.startsWith(scope) &&
          isMeant(other.name.slice(scope.length)) &&
          isFit(other),
      );
      if (found) return found;
    }
    return undefined;
  };
  const rate = nearest(
    // "starting_time@rate" is NWB's.
    (own) => RATE.test(own) || /^starting_time@rate$/i.test(own),
    ({ numbers }) => numbers?.plane[0] === 1 && numbers.plane[1] === 1,
  );
  // "chanlocs.labels" of EEGLAB lies one level down.
  const labels = nearest(
    (own) =>
      LABELS.test(own) || /^(chanlocs|channels|hdr|header|info)[./](labels?|names?|ch_names)$/i.test(own),
    ({ texts }) => texts !== undefined,
  );
  const units = nearest(
    (own) => UNITS.test(own),
    ({ texts }) => texts !== undefined,
  );
  const times = nearest(
    (own) => TIMES.test(own),
    ({ numbers }) => numbers?.plane[0] === 1 && signal.numbers?.plane.includes(numbers.plane[1]) === true,
  );
  const value = (await rate?.numbers?.read(1, [0], 0, 1))?.[0]?.[0];
  return {
    ...(rate && value !== undefined ? { rate: value, rateName: rate.name } : {}),
    ...(labels?.texts ? { labels: separate(await labels.texts()) } : {}),
    ...(units?.texts ? { units: separate(await units.texts()) } : {}),
    ...(times ? { times } : {}),
  };
}

/**
 * Hz: as a person gave it, whatever the file says (`notes` name both then), else from the file, else from its times.
 * @throws FormatError where there is none, or none that can be.
 */
export async function rateFrom(
  { name: file }: VariableFile,
  { rate, rateName, times }: ChannelFacts,
  length: number,
  given: number | undefined,
  notes: string[],
): Promise<number> {
  if (given !== undefined) {
    if (!(given > 0 && Number.isFinite(given)))
      throw new FormatError(file, `cannot have a rate of ${given} Hz.`, 'Give a positive number.');
    const measured = rate === undefined ? await timedRate(times, length) : undefined;
    const own = rate ?? (measured && 'rate' in measured ? measured.rate : undefined);
    if (own !== undefined && own !== given)
      notes.push(`its "${rateName ?? times?.name}" makes ${own} Hz; the ${given} Hz given are used`);
    return given;
  }
  if (rate !== undefined) {
    if (rate > 0 && rate <= FASTEST_RATE) return rate;
    throw new FormatError(
      file,
      `says that its sampling rate is ${rate} Hz ("${rateName}").`,
      'Mend it there, or give the sampling rate (--rate HZ).',
      {
        ...(rateName ? { field: rateName } : {}),
        found: rate,
        expected: `a positive number up to ${FASTEST_RATE}`,
      },
    );
  }
  const measured = await timedRate(times, length);
  if (measured && 'rate' in measured) return measured.rate;
  if (measured)
    throw new FormatError(file, measured.problem, measured.fix, { field: times?.name ?? 'times' });
  throw new FormatError(
    file,
    'does not say its sampling rate.',
    'Give it (--rate HZ), or save it beside the signal as "fs".',
    { field: 'rate' },
  );
}

/** Of the times beside a signal of `length` samples; undefined where there are none. */
async function timedRate(
  times: Variable | undefined,
  length: number,
): Promise<{ rate: number } | { problem: string; fix: string } | undefined> {
  if (!times?.numbers || times.numbers.plane[1] !== length || length > MAXIMUM_TIMES) return undefined;
  const [values] = await times.numbers.read(1, [0], 0, length);
  const even = evenRate(values as Float64Array, lastPart(times.name));
  if (even) return even;
  return {
    problem: `has times ("${times.name}") that do not come evenly.`,
    fix: 'Resample it, or give the sampling rate (--rate HZ).',
  };
}

/** One text may hold all of them. */
function separate(texts: readonly string[]): string[] {
  const [only] = texts;
  const all = texts.length === 1 && only && /[,;\t]/.test(only) ? only.split(/[,;\t]/) : texts;
  return all.map((text) => text.replaceAll('\0', '').trim());
}
