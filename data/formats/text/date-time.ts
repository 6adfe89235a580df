/** Points in time as text files write them. */

const DATE_TIME =
  /^(\d{4})[-/](\d\d)[-/](\d\d)(?:[T ]|, )(\d\d?):(\d\d)(?::(\d\d)(?:[.,:](\d+))?)?\s*([AP]M)?\s*(?:Z|UTC|([+-])(\d\d):?(\d\d)?)?$/i;
/** "31.12.2024 23:59:59.999": with points the day comes first. */
const POINTED = /^(\d\d?)\.(\d\d?)\.(\d{4})(?:[T ]|, )(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?$/;
/** "1/2/2024 23:59:59.999": of two numbers up to 12 nothing distinguishes the day from the month. */
const SLASHED = /^(\d\d?)\/(\d\d?)\/(\d{4})(?:[T ]|, )(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*([AP]M)?$/i;
/** "20241231T235959.999", ISO 8601 without marks between. */
const COMPACT = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)?(?:[.,](\d+))?(?:Z|([+-])(\d\d):?(\d\d)?)?$/i;
/** "31-Dec-2024 23:59:59.999", as MATLAB and LabVIEW write it. */
const NAMED =
  /^(\d\d?)[- ]([a-z]{3})[a-z]*[- ](\d{4})(?:[T ]|, )(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*([AP]M)?$/i;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** "[23:59:59.999 31/12/2024]" of rdsamp, the day first. */
const PHYSIONET = /^\[(\d\d?):(\d\d):(\d\d)(?:\.(\d+))?\s+(\d\d?)\/(\d\d?)\/(\d{4})\]$/;
/** "0:00.004" is minutes and seconds; without a fraction nothing distinguishes minutes from hours. Hours may go beyond a day. */
const CLOCK = /^\[?(?:(\d{1,4}):)?(\d{1,2}):(\d\d)(?:[.,:](\d+))?\s*([AP]M)?\]?$/i;

export interface DateTime {
  /** Days since 1970-01-01 UTC. */
  day: number;
  /** Seconds since its start; apart from the days, so that no digit is lost. Beyond the day where a zone says so. */
  seconds: number;
  /** The day could be another one, if its first number is that of the month. */
  isEitherWay?: true;
}

/**
 * Reads "2024-03-01T10:44:18.529+01:00" and its like (ISO 8601, or a space for the T), "01.03.2024 10:44:18,529", and times of day
 * or from the start as "10:44:18.529" and "0:18.529", which are of day 0; undefined for other text.
 */
export function parseDateTime(text: string): DateTime | undefined {
  // Most fields are numbers.
  if (!text.includes(':')) return text.length < 13 ? undefined : compact(text);
  const clock = CLOCK.exec(text);
  if (clock) return timeOfDay(clock);
  const iso = DATE_TIME.exec(text);
  if (iso) {
    const [, year, month, date, hour, minute, second, fraction, half, sign, zoneHours, zoneMinutes] = iso;
    const zone = zoneOf(sign, zoneHours, zoneMinutes);
    return pointInTime([year, month, date], [hour, minute, second, fraction, half], zone);
  }
  const slashed = SLASHED.exec(text);
  if (slashed) return eitherWay(slashed);
  const physionet = PHYSIONET.exec(text);
  if (physionet) {
    const [, hour, minute, second, fraction, date, month, year] = physionet;
    return pointInTime([year, month, date], [hour, minute, second, fraction, undefined], 0);
  }
  const named = NAMED.exec(text);
  if (named) {
    const [, date, name = '', year, ...time] = named;
    const month = MONTHS.indexOf(name.toLowerCase()) + 1;
    return month === 0 ? undefined : pointInTime([year, String(month), date], time, 0);
  }
  const pointed = POINTED.exec(text);
  if (!pointed) return undefined;
  const [, date, month, year, hour, minute, second, fraction] = pointed;
  return pointInTime([year, month, date], [hour, minute, second, fraction, undefined], 0);
}

function compact(text: string): DateTime | undefined {
  const found = COMPACT.exec(text);
  if (!found) return undefined;
  const [, year, month, date, hour, minute, second, fraction, sign, zoneHours, zoneMinutes] = found;
  const zone = zoneOf(sign, zoneHours, zoneMinutes);
  return pointInTime([year, month, date], [hour, minute, second, fraction, undefined], zone);
}

/** Seconds ahead of UTC. */
function zoneOf(sign?: string, hours = '0', minutes = '0'): number {
  return (sign === '-' ? -60 : 60) * (60 * Number(hours) + Number(minutes));
}

function eitherWay([, first, second, year, ...time]: RegExpExecArray): DateTime | undefined {
  const [a, b] = [Number(first), Number(second)];
  if (a > 12) return pointInTime([year, second, first], time, 0);
  const found = pointInTime([year, first, second], time, 0);
  // Who writes AM and PM writes the month first.
  const isUnclear = b <= 12 && a !== b && time[4] === undefined;
  return found && isUnclear ? { ...found, isEitherWay: true } : found;
}

type Parts = readonly (string | undefined)[];

function pointInTime(date: Parts, time: Parts, zone: number): DateTime | undefined {
  const [year, month, dayOfMonth] = date.map(Number) as [number, number, number];
  const day = Date.UTC(year, month - 1, dayOfMonth) / 86_400_000;
  // 31 April would be taken for 1 May.
  if (new Date(day * 86_400_000).getUTCMonth() !== month - 1 || dayOfMonth < 1) return undefined;
  const seconds = secondsOf(time);
  return seconds === undefined || Number(time[0]) > 24 ? undefined : { day, seconds: seconds - zone };
}

function timeOfDay([, hour, minute, second, fraction, half]: RegExpExecArray): DateTime | undefined {
  if (hour === undefined && (fraction === undefined || half !== undefined)) return undefined;
  const seconds = secondsOf([hour ?? '0', minute, second, fraction, half]);
  return seconds === undefined ? undefined : { day: 0, seconds };
}

function secondsOf([hour, minute, second = '0', fraction = '0', half]: Parts): number | undefined {
  if (Number(minute) > 59 || Number(second) > 60) return undefined;
  if (half !== undefined && (Number(hour) > 12 || Number(hour) < 1)) return undefined;
  const hours =
    half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
  return 3600 * hours + 60 * Number(minute) + Number(`${second}.${fraction}`);
}
