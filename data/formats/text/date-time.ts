/** Points in time as text files write them. */

const DATE_TIME =
  /^(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(?:Z|([+-])(\d\d):?(\d\d)?)?$/i;

const CLOCK = /^(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d+))?$/;

export interface DateTime {
  /** Days since 1970-01-01 UTC. */
  day: number;
  /** Seconds since its start; apart from the days, so that no digit is lost. Beyond the day where a zone says so. */
  seconds: number;
}

/**
 * Reads "2024-03-01T10:44:18.529+01:00" and its like (ISO 8601, or a space for the T), and times of day as "10:44:18.529",
 * which are of day 0; undefined for other text.
 */
export function parseDateTime(text: string): DateTime | undefined {
  // Most fields are numbers.
  if (!text.includes(':')) return undefined;
  const clock = CLOCK.exec(text);
  if (clock) return timeOfDay(clock);
  const match = DATE_TIME.exec(text);
  if (!match) return undefined;
  const [year, month, date, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const day = Date.UTC(year, month - 1, date) / 86_400_000;
  // 31 April would be taken for 1 May.
  if (new Date(day * 86_400_000).getUTCMonth() !== month - 1 || date < 1) return undefined;
  if (hour > 24 || minute > 59 || second > 60) return undefined;
  const zone = (match[8] === '-' ? -60 : 60) * (60 * Number(match[9] ?? 0) + Number(match[10] ?? 0));
  return { day, seconds: 3600 * hour + 60 * minute + Number(`${second}.${match[7] ?? 0}`) - zone };
}

function timeOfDay(match: RegExpExecArray): DateTime | undefined {
  const [hour, minute, second] = match.slice(1, 4).map(Number) as [number, number, number];
  if (hour > 24 || minute > 59 || second > 60) return undefined;
  return { day: 0, seconds: 3600 * hour + 60 * minute + Number(`${second}.${match[4] ?? 0}`) };
}
