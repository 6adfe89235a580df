/** Sampling rates that a file declares in words: in comments, and in the lines before its table. */
import { FASTEST_RATE, SLOWEST_RATE } from '../../rate.ts';

export interface DeclaredRate {
  /** Hz. */
  readonly rate: number;
  /** As it stands there. */
  readonly text: string;
}

export interface DeclaredRates {
  /** Those that differ, in the order of the file. */
  readonly rates: readonly DeclaredRate[];
  /** What speaks of a rate, but gives none that can be read in one way; with the reason. */
  readonly unclear: readonly { readonly text: string; readonly why: string }[];
}

const RATE_WORDS =
  /sampl\w*[\s_-]*(?:rate|freq\w*)|(?<![a-z])(?:fs|srate|sfreq|fsample)(?![a-z])|abtast(?:rate|frequenz)|fr[e\u00e9]quence\s+d['\u2019 ]?[e\u00e9]chantillonnage|frecuencia\s+de\s+muestreo|(?<![a-z])sampling(?=\s*[:=])/i;
const INTERVAL_WORDS =
  /sampl\w*[\s_-]*(?:interval|period|time)|(?<![a-z])interval(?=\s*[:=])|abtastintervall/i;
const PER_SECOND = /^(hz|hertz|1\/s|s-1|s\^-1|sps|(samples?|smp)\s*(\/|per)\s*s(ec(ond)?)?)$/i;
const PER_MINUTE = /^((samples?|smp)\s*)?(\/|per)\s*min(ute)?$/i;
/** Seconds in a unit of time. */
const PERIODS: readonly (readonly [RegExp, number])[] = [
  [/^(s|secs?|seconds?)$/i, 1],
  [/^(ms|msecs?|milliseconds?)$/i, 1e-3],
  [/^(us|\u00b5s|\u03bcs|usecs?|microseconds?)$/i, 1e-6],
];
const UNIT =
  '(?:(?:samples?|smp)\\s*)?(?:\\/|per)\\s*min(?:ute)?\\b|k?hz|kilohertz|hertz|1\\/s|s\\^?-1|sps|(?:samples?|smp)\\s*(?:\\/|per)\\s*s(?:ec(?:ond)?)?\\b|m(?:illi)?s(?:ec(?:ond)?s?)?\\b|(?:micro|[u\u00b5\u03bc])s(?:ec(?:ond)?s?)?\\b|s(?:ec(?:ond)?s?)?\\b';
const NUMBER =
  "\\d{1,3}(?:[ \\u00a0\\u2009\\u202f'\\u2019]\\d{3})+(?![\\d])|\\d+(?:[.,]\\d+)*(?:e[+-]?\\d+)?";
const LONGEST_SHOWN = 60;

export function declaredRates(comments: readonly string[]): DeclaredRates {
  const rates: DeclaredRate[] = [];
  const unclear: { text: string; why: string }[] = [];
  for (const comment of comments) {
    for (const found of spokenRates(comment)) {
      if ('why' in found) unclear.push(found);
      else if (!rates.some(({ rate }) => rate === found.rate)) rates.push(found);
    }
  }
  return { rates, unclear };
}

function spokenRates(comment: string): (DeclaredRate | { text: string; why: string })[] {
  const perSample = /(\d+(?:[.,]\d+)?)\s*(m|u|\u00b5|\u03bc)?s(?:ec)?\s*\/\s*sample/i.exec(comment);
  if (perSample) {
    const scale = perSample[2] === undefined ? 1 : perSample[2].toLowerCase() === 'm' ? 1e-3 : 1e-6;
    const text = perSample[0];
    return [{ rate: rounded(1 / (Number(perSample[1]?.replace(',', '.')) * scale)), text }];
  }
  const interval = INTERVAL_WORDS.exec(comment);
  const rate = RATE_WORDS.exec(comment);
  const words = rate ?? interval;
  if (!words) return [];
  const rest = comment.slice(words.index + words[0].length);
  const text = comment.slice(words.index, words.index + LONGEST_SHOWN).trim();
  return [spokenValue(rest, rate === null, text)].flatMap((found) => found ?? []);
}

function spokenValue(
  rest: string,
  isInterval: boolean,
  text: string,
): DeclaredRate | { text: string; why: string } | undefined {
  const bracket = new RegExp(`[([]\\s*(${UNIT})\\s*[)\\]]`, 'i').exec(rest);
  const bare = bracket ? rest.replace(bracket[0], ' ') : rest;
  const withUnit = new RegExp(`(?<![\\w.])(${NUMBER})\\s*(${UNIT})(?![a-z])`, 'i').exec(bare);
  const afterMark = new RegExp(`^.*?[:=](?:(?![:=])[^\\d])*?(${NUMBER})`, 'i').exec(bare);
  const first = new RegExp(`(${NUMBER})`).exec(bare);
  const number = withUnit?.[1] ?? afterMark?.[1] ?? first?.[1];
  if (number === undefined) return undefined;
  const unit = (withUnit?.[2] ?? bracket?.[1] ?? '').trim();
  const scale = /^k/i.test(unit) ? 1000 : PER_MINUTE.test(unit) ? 1 / 60 : 1;
  if (unit === '' || scale !== 1 || PER_SECOND.test(unit)) {
    if (isInterval && unit === '') return { text, why: 'it says no unit of time' };
    if (/[:=]\s*[-\u2212]\s*\d/.test(bare)) return { text, why: 'that is no rate' };
    const fits = readingsOf(number)
      .map((value) => scale * value)
      .filter((value, _, all) => (all.length === 1 ? isPossible(value) : isLikely(value, number)));
    const [one] = fits;
    if (fits.length === 1 && one !== undefined) return { rate: rounded(one), text };
    return { text, why: fits.length === 0 ? 'that is no rate' : `that is ${fits.join(' or ')} Hz` };
  }
  const seconds = PERIODS.find(([name]) => name.test(unit))?.[1];
  const [value = 0, other] = readingsOf(number);
  if (seconds === undefined || !(value > 0) || (isInterval && other !== undefined))
    return { text, why: 'that is no rate' };
  const rate = rounded(1 / (value * seconds));
  return isInterval ? { rate, text } : { text, why: `that is a time, of ${rate} Hz if it is the interval` };
}

function isPossible(value: number): boolean {
  return value > 0 && value <= FASTEST_RATE;
}

/** Of two readings: "1,000 Hz" is no 1 Hz, but "4.000 Hz" may be the 4 Hz of skin conductance with three decimals. */
function isLikely(value: number, text: string): boolean {
  return value <= FASTEST_RATE && (value >= SLOWEST_RATE || text.includes('.'));
}

/** "1,000" may be one or a thousand, "512,5" and "1 000" can only be one number. */
function readingsOf(text: string): number[] {
  const bare = text.replace(/[ \u00a0\u2009\u202f'\u2019]/g, '');
  if (/^[1-9]\d{0,2}[.,]\d{3}$/.test(bare))
    return [Number(bare.replace(',', '.')), Number(bare.replace(/[.,]/, ''))];
  const marks = bare.match(/[.,]/g) ?? [];
  const last = marks.at(-1);
  if (marks.length > 1) {
    // "1,234.5" and "1.234,5"; "1.234.567" has no decimals.
    const whole = new Set(marks).size === 1;
    const parts = bare.split(/[.,]/);
    return [Number(whole ? parts.join('') : `${parts.slice(0, -1).join('')}.${parts.at(-1)}`)];
  }
  return [Number(last === ',' ? bare.replace(',', '.') : bare)];
}

/** Without the noise of a division. */
function rounded(rate: number): number {
  return Number(rate.toPrecision(12));
}
