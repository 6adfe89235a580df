import type { Results, Row } from '../contract.ts';

const NUMBERS = [
  'f32Gflops',
  'copyGbps',
  'dispatchMicroseconds',
  'submitMicroseconds',
  'readbackMicroseconds',
];
const TEXTS = ['device', 'driver', 'runtime', 'commit', 'date'];
const GROUPS: readonly unknown[] = ['kernel', 'step', 'headline'];

/**
 * Reads what `npm run bench -- --json` wrote.
 * @throws Error that names the file and what is wrong with it.
 */
export function parseResults(text: string, name: string): Results {
  const refuse = (what: string): never => {
    throw new Error(
      `${name} holds no benchmark results: ${what}; write it with npm run bench -- --json ${name}.`,
    );
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return refuse(cause instanceof Error ? cause.message : String(cause));
  }
  if (!isRecord(value)) return refuse('it is no JSON object');
  for (const key of TEXTS) if (typeof value[key] !== 'string') refuse(`${key} is ${value[key]}, not text`);
  const { roofline, rows, failures } = value;
  if (!isRecord(roofline)) return refuse('it has no roofline');
  for (const key of NUMBERS) {
    if (typeof roofline[key] !== 'number') refuse(`roofline.${key} is ${roofline[key]}, not a number`);
  }
  if (!Array.isArray(rows)) return refuse('it has no list of rows');
  if (!Array.isArray(failures)) return refuse('it has no list of failures');
  for (const [index, row] of rows.entries()) {
    if (!isRecord(row) || typeof row.id !== 'string') return refuse(`row ${index} has no id`);
    const misfit =
      (!GROUPS.includes(row.group) && `group ${row.group}`) ||
      (typeof row.medianMs !== 'number' && `medianMs ${row.medianMs}`) ||
      (!Array.isArray(row.peers) && 'no list of peers');
    if (misfit) refuse(`row ${row.id} has ${misfit}`);
  }
  return value as unknown as Results;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const keyOf = ({ device, runtime }: Results): string => `${device}\n${runtime}`;

/**
 * One set of results an adapter and runtime, in the order in which they come: runs of parts (a filter, the headline
 * alone) complete each other, and where they overlap the later date counts.
 */
export function byAdapter(all: readonly Results[]): Results[] {
  const keys = [...new Set(all.map(keyOf))];
  return keys.map((key) => {
    const runs = all.filter((one) => keyOf(one) === key).sort((a, b) => (a.date < b.date ? -1 : 1));
    return runs.reduce(complete);
  });
}

function complete(before: Results, next: Results): Results {
  const rows = new Map<string, Row>(before.rows.map((row) => [row.id, row]));
  for (const row of next.rows) rows.set(row.id, row);
  const again = new Set([...next.rows, ...next.failures].map(({ id }) => id));
  const failures = [...before.failures.filter(({ id }) => !again.has(id)), ...next.failures];
  return { ...next, rows: [...rows.values()], failures };
}
