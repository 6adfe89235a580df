/** The start of an EDF recording, from the three header fields that speak of it. */

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

/** "dd.mm.yy" and "hh.mm.ss"; the full year of an EDF+ "Startdate 02-MAR-2002" wins over the two digits. */
export function isoTime(date: string, time: string, recordingField: string): string | undefined {
  const day = /^(\d\d)[.:/-](\d\d)[.:/-](\d\d)$/.exec(date);
  const clock = /^(\d\d)[.:/-](\d\d)[.:/-](\d\d)$/.exec(time);
  if (!day || !clock) return undefined;
  const full = /^Startdate (\d\d)-([A-Z]{3})-(\d{4})/i.exec(recordingField);
  const month = full ? MONTHS.indexOf((full[2] as string).toUpperCase()) + 1 : 0;
  const hms = `${clock[1]}:${clock[2]}:${clock[3]}`;
  if (full && month > 0) return `${full[3]}-${String(month).padStart(2, '0')}-${full[1]}T${hms}`;
  // The standard's clipping date: 85 ... 99 are of the 20th century, 00 ... 84 of the 21st.
  const year = Number(day[3]) >= 85 ? `19${day[3]}` : `20${day[3]}`;
  return `${year}-${day[2]}-${day[1]}T${hms}`;
}
