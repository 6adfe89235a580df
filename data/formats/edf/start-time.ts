/** The start of an EDF recording, from the three header fields that speak of it. */

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

/**
 * "dd.mm.yy" and "hh.mm.ss" as ISO 8601 without zone; the full year of an EDF+ "Startdate 02-MAR-2002" wins over the two
 * digits. Undefined where there is no such moment.
 */
export function isoTime(date: string, time: string, recordingField: string): string | undefined {
  const clock = /^(\d\d)[.:/-](\d\d)[.:/-](\d\d)$/.exec(time)?.slice(1);
  const day = fullDate(recordingField) ?? shortDate(date);
  if (!day || !clock) return undefined;
  const text = `${day}T${clock.join(':')}`;
  const moment = new Date(`${text}Z`);
  return Number.isNaN(moment.getTime()) || !moment.toISOString().startsWith(text) ? undefined : text;
}

function fullDate(recordingField: string): string | undefined {
  const [, day, name = '', year] = /^Startdate (\d\d)-([A-Z]{3})-(\d{4})/i.exec(recordingField) ?? [];
  const month = MONTHS.indexOf(name.toUpperCase()) + 1;
  return month > 0 ? `${year}-${String(month).padStart(2, '0')}-${day}` : undefined;
}

function shortDate(date: string): string | undefined {
  const [, day, month, year] = /^(\d\d)[.:/-](\d\d)[.:/-](\d\d)$/.exec(date) ?? [];
  if (year === undefined) return undefined;
  // The standard's clipping date: 85 ... 99 are of the 20th century, 00 ... 84 of the 21st; later years are "yy".
  return `${Number(year) >= 85 ? 19 : 20}${year}-${month}-${day}`;
}
