/** What devices and programs write before a table: LabChart, AcqKnowledge, Apple's watch, Emotiv. */
import { type Delimiter, splitRow } from './delimited.ts';

export interface PreambleFacts {
  /** Of the columns, with units in brackets; as many as there are columns. */
  readonly names?: readonly string[];
}

/** Names and units of `width` columns. Rates in such lines are read as those in comments are. */
export function preambleFacts(
  lines: readonly string[],
  delimiter: Delimiter,
  width: number,
  header: readonly string[] | undefined,
): PreambleFacts {
  const names =
    labChart(lines, width) ??
    acqKnowledge(lines, delimiter, header) ??
    watch(lines, delimiter, width) ??
    emotiv(lines, width);
  return names ? { names } : {};
}

/** "ChannelTitle=\tECG\tResp" and "UnitName=\tmV\tmV"; the first column may be the times. */
function labChart(lines: readonly string[], width: number): string[] | undefined {
  const valuesOf = (key: string) =>
    lines
      .find((line) => line.toLowerCase().startsWith(`${key}=`))
      ?.slice(key.length + 1)
      .split('\t')
      .map((field) => field.trim())
      .slice(1);
  const titles = valuesOf('channeltitle');
  if (!titles) return undefined;
  while (titles.length > 0 && titles.at(-1) === '') titles.pop();
  const units =
    valuesOf('unitname') ?? valuesOf('range')?.map((range) => range.replace(/^[\d.,eE+-]+\s*/, ''));
  const named = titles.map((title, i) => (units?.[i] ? `${title} (${units[i]})` : title));
  if (named.length === width) return named;
  return named.length === width - 1 ? ['time (s)', ...named] : undefined;
}

/** "2 channels", then a line with the name and one with the unit of each. */
function acqKnowledge(
  lines: readonly string[],
  delimiter: Delimiter,
  header: readonly string[] | undefined,
): string[] | undefined {
  const at = lines.findIndex((line) => /^\d+ channels?$/i.test(line.trim()));
  if (at < 0) return undefined;
  const bare = (line: string | undefined) => splitRow(line ?? '', delimiter)[0] ?? '';
  const count = Number.parseInt(lines[at] as string, 10);
  const named = Array.from({ length: count }, (_, i) => {
    const [name, unit] = [bare(lines[at + 1 + 2 * i]), bare(lines[at + 2 + 2 * i])];
    return unit ? `${name} (${unit})` : name;
  });
  const [first] = header ?? [];
  return first !== undefined && !/^ch\d/i.test(first) ? [first, ...named] : named;
}

/** "Lead,Lead I" and "Unit,uV" before one column. */
function watch(lines: readonly string[], delimiter: Delimiter, width: number): string[] | undefined {
  if (width !== 1) return undefined;
  const declared = (key: RegExp) =>
    lines.flatMap((line) => {
      const [name = '', value = ''] = splitRow(line, line.includes(delimiter) ? delimiter : ',');
      return key.test(name) ? [value] : [];
    })[0];
  const [lead, unit] = [
    declared(/^(lead|ableitung|d[e\u00e9]rivation|derivaci[o\u00f3]n|derivazione|afleiding)$/i),
    declared(/^(units?|einheit|unit[e\u00e9]|unidad|unit\u00e0|eenheid)$/i),
  ];
  if (!lead && !unit) return undefined;
  return [unit ? `${lead ?? 'signal'} (${unit})` : (lead as string)];
}

/** "title:x, ..., sampling:128, ..., labels:COUNTER INTERPOLATED AF3 F7 ..., chan:36". */
function emotiv(lines: readonly string[], width: number): string[] | undefined {
  const labels = lines.flatMap(
    (line) => /(?:^|,)\s*labels:([^,]*)/i.exec(line)?.[1]?.trim().split(/\s+/) ?? [],
  );
  return labels.length === width ? labels : undefined;
}
