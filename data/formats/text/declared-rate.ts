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

const RATE_WORDS = new RegExp(
  [
    'sampl\\w*[\\s_-]*(?:rate|freq\\w*)',
    '(?<![a-z])(?:acqui\\w+|acq|data|scan|output|digiti[sz]\\w+|samp\\.?|smpl)[\\s_-]*(?:data[\\s_-]*)?(?:rate|freq\\w*)',
    '(?<![a-z])(?:fs|f_s|srate|sfreq|f_?samp(?:l\\w*)?|odr)(?![a-z])',
    '(?:samples|smp|points)\\s*(?:\\/|per)\\s*s(?:ec(?:ond)?)?(?![a-z])(?=[^:=\\d]*[:=])',
    'abtast(?:rate|frequenz)',
    "fr[e\u00e9]quence\\s+d?['\u2019 ]?[e\u00e9]chantillonnage",
    '(?:frecuencia|tasa)\\s+de\\s+muestreo',
    'frequenza\\s+di\\s+campionamento',
    '(?:frequ[e\u00ea]ncia|taxa)\\s+de\\s+amostragem',
    'bemonsterings?frequentie',
    '\u91c7\u6837(?:\u7387|\u9891\u7387)',
    '\u30b5\u30f3\u30d7\u30ea\u30f3\u30b0(?:\u5468\u6ce2\u6570|\u30ec\u30fc\u30c8)',
    '\u0447\u0430\u0441\u0442\u043e\u0442\u0430\\s+\u0434\u0438\u0441\u043a\u0440\u0435\u0442\u0438\u0437\u0430\u0446\u0438\u0438',
    '(?<![a-z])sampling(?=\\s*[:=])',
  ].join('|'),
  'i',
);
const INTERVAL_WORDS =
  /sampl\w*[\s_-]*(?:interval|period|time)|(?<![a-z])interval(?=\s*[:=])|abtastintervall|(?<![a-z])(?:dt|ts|\u0394t|delta[\s_]?t)(?=\s*(?:[([][^)\]]*[)\]]\s*)?[:=])|(?<![\d.])1\s*\/\s*fs(?![a-z])/i;
/** What the rate is of, where it is no longer that of these rows. */
const FORMER = /(?<![a-z])(?:original(?:ly)?|native|raw|initial|source|former)[\s_-]*$/i;
const PER_SECOND = /^k?(hz|hertz|1\/s|s-1|s\^-1|sps|(samples?|smp|s)\s*(\/|per)\s*s(ec(ond)?)?|)$/i;
const PER_MINUTE = /^((samples?|smp)\s*)?(\/|per)\s*min(ute)?$/i;
/** Seconds in a unit of time. */
const PERIODS: readonly (readonly [RegExp, number])[] = [
  [/^(s|secs?|seconds?)$/i, 1],
  [/^(ms|msecs?|milliseconds?)$/i, 1e-3],
  [/^(us|\u00b5s|\u03bcs|usecs?|microseconds?)$/i, 1e-6],
];
const COUNTS = 'k?(?:sps|(?:samples?|smp)\\s*(?:\\/|per)\\s*s(?:ec(?:ond)?)?\\b|s\\s*\\/\\s*s(?:ec)?\\b)';
const FREQUENCY = `[kmg]?hz|kilohertz|hertz|\\u0433\\u0446|1\\/s|s\\^?-1|${COUNTS}|k(?=\\s*(?:$|[,;)]))`;
const UNIT = `(?:(?:samples?|smp)\\s*)?(?:\\/|per)\\s*min(?:ute)?\\b|${FREQUENCY}|m(?:illi)?s(?:ec(?:ond)?s?)?\\b|(?:micro|[u\u00b5\u03bc])s(?:ec(?:ond)?s?)?\\b|s(?:ec(?:ond)?s?)?\\b`;
const NUMBER =
  "\\d{1,3}(?:[ \\u00a0\\u2009\\u202f'\\u2019]\\d{3})+(?![\\d])|\\d+(?:[.,]\\d+)*(?:e[+-]?\\d+)?";
const LONGEST_SHOWN = 60;
/** What was done to the signal: "sampled at 250 Hz", "downsampled to 100 Hz". */
const DONE = new RegExp(
  `(?:sampled|digiti[sz]ed|recorded|acquired|decimated|abgetastet)\\s*(?:at|to|@|with|by|mit)\\s*(?=(?:${NUMBER})\\s*(?:${FREQUENCY})(?![a-z]))`,
  'i',
);

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

type Spoken = DeclaredRate | { text: string; why: string };

/** All that a comment says of rates: of several that differ nobody knows which one is meant. */
function spokenRates(comment: string): Spoken[] {
  const perSample = /(\d+(?:[.,]\d+)?)\s*(m|u|\u00b5|\u03bc)?s(?:ec)?\s*\/\s*sample/i.exec(comment);
  if (perSample) {
    const scale = perSample[2] === undefined ? 1 : perSample[2].toLowerCase() === 'm' ? 1e-3 : 1e-6;
    const text = perSample[0];
    return [{ rate: rounded(1 / (Number(perSample[1]?.replace(',', '.')) * scale)), text }];
  }
  const done = spokenAfter(comment, DONE.exec(comment), false);
  const interval = INTERVAL_WORDS.exec(comment);
  const rate = /1\s*\/\s*fs(?![a-z])/i.test(comment) ? null : RATE_WORDS.exec(comment);
  const words = rate ?? interval;
  if (words) {
    if (!FORMER.test(comment.slice(0, words.index)))
      return [...spokenAfter(comment, words, rate === null), ...done];
    if (done.length > 0) return done;
    return [
      { text: comment.slice(words.index, words.index + LONGEST_SHOWN).trim(), why: 'that is a former one' },
    ];
  }
  if (done.length > 0) return done;
  // "250 samples per second" says it without another word.
  const counted = new RegExp(`(?<![\\w.,])(?:${NUMBER})\\s*${COUNTS}(?![a-z])`, 'i').exec(comment)?.[0];
  return counted === undefined ? [] : spokenValues(counted, false, counted);
}

function spokenAfter(comment: string, words: RegExpExecArray | null, isInterval: boolean): Spoken[] {
  if (!words) return [];
  const rest = comment.slice(words.index + words[0].length);
  return spokenValues(rest, isInterval, comment.slice(words.index, words.index + LONGEST_SHOWN).trim());
}

/** "1/250 s" is an interval whose rate stands there. */
const PART_OF_SECOND = new RegExp(`(?<![\\w.,])1\\s*\\/\\s*(${NUMBER})\\s*s(?:ec(?:ond)?s?)?(?![a-z])`, 'i');
/** Before numbers that are frequencies of something else. */
const OF_OTHERS =
  /(pass|filt|notch|cut|band|mains|line|netz|corner|stim|alias|tone|clock|width|(?<![a-z])[hlb]pf?(?![a-z]))[^,;|]*$/i;

function spokenValues(given: string, isInterval: boolean, text: string): Spoken[] {
  const part = PART_OF_SECOND.exec(given)?.[1];
  const [parts = 0, other] = part === undefined ? [] : readingsOf(part);
  if (part !== undefined && other === undefined && isPossible(parts)) return [{ rate: rounded(parts), text }];
  // "250 +/- 1 Hz" is 250 Hz.
  const rest = given.replace(new RegExp(`\\s*(?:\\+\\s*\\/?\\s*-|\\u00b1)\\s*(?:${NUMBER})`, 'g'), ' ');
  const first = spokenValue(rest, isInterval, text);
  if (!first || isInterval || 'why' in first) return first ? [first] : [];
  const unit = new RegExp(`(?<![\\w.])(${NUMBER})\\s*(${FREQUENCY})(?![a-z])`, 'gi');
  const others: Spoken[] = [];
  for (const found of rest.matchAll(unit)) {
    const before = rest.slice(0, found.index);
    if (OF_OTHERS.test(before) || /\d\s*[-\u2013]\s*$/.test(before)) continue;
    // "250, 500 Hz" and "512 / 2 Hz" are two numbers of one unit.
    const listed = new RegExp(
      `(?<![\\w.])(${NUMBER})\\s*(?:[,;&]\\s|\\/|and\\s|und\\s|et\\s|or\\s)\\s*$`,
      'i',
    ).exec(before)?.[1];
    for (const number of listed === undefined ? [found[1]] : [listed, found[1]]) {
      const value = spokenValue(`${number} ${found[2]}`, false, text);
      if (value && 'rate' in value) others.push(value);
    }
  }
  return [first, ...others];
}

function spokenValue(rest: string, isInterval: boolean, text: string): Spoken | undefined {
  const bracket = new RegExp(`[([]\\s*(${UNIT})\\s*[)\\]]`, 'i').exec(rest);
  const bare = bracket ? rest.replace(bracket[0], ' ') : rest;
  const withUnit = new RegExp(`(?<![\\w.])(${NUMBER})\\s*(${UNIT})(?![a-z])`, 'i').exec(bare);
  const afterMark = new RegExp(`^.*?[:=](?:(?![:=])[^\\d])*?(${NUMBER})`, 'i').exec(bare);
  const first = new RegExp(`(${NUMBER})`).exec(bare);
  const number = withUnit?.[1] ?? afterMark?.[1] ?? first?.[1];
  if (number === undefined) return undefined;
  const unit = (withUnit?.[2] ?? bracket?.[1] ?? '').trim();
  // Megahertz and gigahertz are those of a clock; nobody samples at millihertz.
  if (/^[mg]hz$/i.test(unit)) return { text, why: 'that is no rate' };
  const scale = /^k/i.test(unit) ? 1000 : PER_MINUTE.test(unit) ? 1 / 60 : 1;
  if (unit === '' || scale !== 1 || PER_SECOND.test(unit) || unit.toLowerCase() === '\u0433\u0446') {
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
  const [value = 0, second] = readingsOf(number);
  if (seconds === undefined || !(value > 0) || (isInterval && second !== undefined))
    return { text, why: 'that is no rate' };
  const rate = rounded(1 / (value * seconds));
  if (isInterval && rate < 1) return { text, why: `that is ${rate} Hz, or not the interval` };
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
