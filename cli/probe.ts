import { resolve } from 'node:path';
import { openEngine } from '../engine/index.ts';
import { loadEncoder, randomEncoder } from '../model/index.ts';
import { checkShapes } from './embed/encode.ts';
import { readEncoder } from './embed/weights.ts';
import { UsageError } from './errors.ts';
import { writeAtomically } from './files.ts';
import { helpText, parseOptions } from './options.ts';
import { PROBE_HELP, PROBE_OPTIONS, type ProbeValues } from './probe/options.ts';
import { handcrafted, logisticRow, priorRow, probeRow, raw, type TableRow } from './probe/rows.ts';
import { probeTable, verdict } from './probe/table.ts';
import { labelledTask, type Task } from './probe/task.ts';
import { columns, definitionList, nearPaths, type Row } from './text.ts';
import { version } from './version.ts';

/** Prints what the encoder's tokens tell of the labels, beside the baselines. Returns the exit code. */
export async function probe(argv: readonly string[]): Promise<number> {
  const { values, positionals, help } = parseOptions(argv, PROBE_OPTIONS);
  if (help) {
    console.log(helpText(PROBE_HELP, columns()));
    return 0;
  }
  if (positionals.length === 0) throw new UsageError('probe needs a manifest with labels and splits.');
  if (values.weights === undefined) throw new UsageError('probe needs --weights FILE, the encoder.');
  const found = await readEncoder(resolve(values.weights), values.heads);
  const task = await labelledTask(
    positionals.map((path) => resolve(path)),
    values,
  );
  checkShapes(task.recordings, found.config);
  const engine = await openEngine(values.adapter === 'auto' ? {} : { adapter: values.adapter });
  try {
    const facts: Row[] = [
      ['adapter', engine.device.description],
      ['weights', found.description],
      ...task.rows,
    ];
    for (const line of definitionList(facts, 14, columns())) console.log(line);
    const { precision } = values;
    const { compaction } = found;
    const trained = loadEncoder(engine, found.config, found.tensors, { precision });
    const rows = [await probeRow(engine, 'SPOTR, probe on its token', trained.encoder, task, values)];
    trained.arenas.dispose();
    rows.push(...(await baselines(task, values)));
    const blind = randomEncoder(engine, found.config, values.seed, { precision, compaction });
    rows.push(await probeRow(engine, 'the same probe, nothing learned', blind.encoder, task, values));
    rows.push(priorRow(task, values));
    console.log('');
    for (const line of probeTable(rows)) console.log(`  ${line}`);
    console.log('');
    for (const line of verdict(rows)) console.log(`  ${line}`);
    if (values.out !== undefined) write(values.out, task, rows, values, engine.device.description);
    return 0;
  } finally {
    engine.close();
  }
}

async function baselines(task: Task, values: ProbeValues): Promise<TableRow[]> {
  const rows = [logisticRow('logistic, handcrafted features', task, await handcrafted(task), values)];
  const samples = await raw(task);
  if (samples) rows.push(logisticRow('logistic, raw samples', task, samples, values));
  return rows;
}

function write(
  out: string,
  task: Task,
  rows: readonly TableRow[],
  settings: ProbeValues,
  adapter: string,
): void {
  const { classes } = task;
  const record = { spotr: version(), adapter, settings, classes, task: Object.fromEntries(task.rows), rows };
  writeAtomically(resolve(out), `${JSON.stringify(record, null, 1)}\n`);
  console.log(`\n  Written to ${nearPaths(resolve(out))}.`);
}
