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
  const { roofline, rows } = value;
  if (!isRecord(roofline)) return refuse('it has no roofline');
  for (const key of NUMBERS) {
    if (typeof roofline[key] !== 'number') refuse(`roofline.${key} is ${roofline[key]}, not a number`);
  }
  if (!Array.isArray(rows)) return refuse('it has no list of rows');
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

/**
 * One set of results an adapter and runtime, in the order in which they come: runs of parts (a filter, the headline
 * alone) complete each other, and where they overlap the later date counts.
 */
export function byAdapter(all: readonly Results[]): Results[] {
  const merged = new Map<string, Results>();
  for (const next of all.toSorted((a, b) => (a.date < b.date ? -1 : 1))) {
    const key = `${next.device}\n${next.runtime}`;
    const before = merged.get(key);
    merged.set(key, before ? mergeInto(before, next) : next);
  }
  const order = new Map(all.map(({ device, runtime }, i) => [`${device}\n${runtime}`, i]));
  return [...merged].sort(([a], [b]) => (order.get(a) ?? 0) - (order.get(b) ?? 0)).map(([, one]) => one);
}

function mergeInto(before: Results, next: Results): Results {
  const rows = new Map<string, Row>(before.rows.map((row) => [row.id, row]));
  for (const row of next.rows) rows.set(row.id, row);
  return { ...next, rows: [...rows.values()] };
}
