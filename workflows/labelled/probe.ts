/** The tables of a probe: how well a frozen token predicts labels, beside baselines. One function for command and page. */
import type { Engine } from '../../engine/index.ts';
import { SAY_NOTHING, type Say } from '../progress.ts';
import { type BaselinesInput, tokenAndBaselines } from './baselines.ts';
import { recordingLevel, windowLevel } from './levels.ts';
import { type ResamplingOptions, type Scored, type TableRow, tableRows } from './outcome.ts';
import type { ProbeTableSettings } from './protocol.ts';
import { logisticScored, priorScored, probeScored } from './score.ts';
import type { Task } from './task.ts';

export interface ProbeTableInput extends BaselinesInput {
  readonly engine: Engine;
  readonly settings: ProbeTableSettings;
}

export interface ProbeTable {
  readonly title: string;
  readonly rows: readonly TableRow[];
  /** What is not in it, and why. */
  readonly notes: readonly string[];
}

/** What is read by the probe too: the token, and that of a random encoder. */
const PROBED: ReadonlySet<string> = new Set(['token', 'random']);

/** The table of the test windows, and that of whole recordings where windows of one recording have one label. */
export async function probeTables({ engine, settings, ...input }: ProbeTableInput): Promise<ProbeTable[]> {
  const { task, say = SAY_NOTHING } = input;
  const { all, notes } = await tokenAndBaselines(input);
  const scored: Scored[] = [];
  for (const { columns, ...named } of all) {
    const { id, name } = named;
    if (PROBED.has(id))
      scored.push(await probeScored(engine, { id, name: `${name}, probe` }, task, columns, settings, say));
    // Fitted to the end: one optimum, whatever the steps of a probe come to.
    const fitted = { ...named, id: PROBED.has(id) ? `${id}-logistic` : id, name: `${name}, logistic` };
    scored.push(await logisticScored(fitted, task, columns, settings, say));
  }
  scored.push(priorScored(task));
  return atBothLevels(task, scored, { ...settings, notes, say });
}

export interface LevelOptions extends ResamplingOptions {
  readonly notes: readonly string[];
  readonly say: Say;
}

/** Scores of the test windows as a table, and as one of recordings, or a note on why there is none. */
export async function atBothLevels(
  task: Task,
  scored: readonly Scored[],
  { notes, say, ...options }: LevelOptions,
): Promise<ProbeTable[]> {
  const recordings = recordingLevel(task);
  const isThere = typeof recordings !== 'string';
  const whyNot = isThere ? [] : [`There is no table of whole recordings: ${recordings}.`];
  const rows = await tableRows(task, scored, options, windowLevel(task), say);
  const windows = { title: 'Test windows', rows, notes: [...notes, ...whyNot] };
  if (!isThere) return [windows];
  // How heads were trained stands with the windows.
  const plain = scored.map(({ histories: _, taken: __, convergedAt: ___, ...one }) => one);
  return [
    windows,
    {
      title: 'Test recordings',
      rows: await tableRows(task, plain, options, recordings, say),
      notes: [],
    },
  ];
}
