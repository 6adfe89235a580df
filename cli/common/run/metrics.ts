/** `metrics.jsonl`: a line a step. */

import type { StepRecord } from '../../../workflows/pretraining/loop.ts';
import { fromFields, toFields } from '../options.ts';
import { PRETRAIN_OPTIONS } from '../training/options.ts';
import { RUN_FILES, type RunFolder } from './run-folder.ts';

export function appendRecord(folder: RunFolder, record: StepRecord): void {
  folder.append(RUN_FILES.metrics, encoded(record));
}

/** The records up to a step; a last line that was cut off by a crash, and all after the step, do not count. */
export function readRecords(folder: RunFolder, upTo: number): StepRecord[] {
  if (!folder.has(RUN_FILES.metrics)) return [];
  const records: StepRecord[] = [];
  for (const line of new TextDecoder().decode(folder.read(RUN_FILES.metrics)).split('\n')) {
    const record = parse(line);
    if (record && record.step <= upTo) records.push(record);
  }
  return records;
}

/** Makes the file what it was when the step was done. */
export function cutBack(folder: RunFolder, records: readonly StepRecord[]): void {
  folder.write(RUN_FILES.metrics, records.map((record) => `${encoded(record)}\n`).join(''));
}

/** In files as in `config.json`: `lr` for the learning rate. */
const encoded = (record: StepRecord): string => JSON.stringify(toFields(PRETRAIN_OPTIONS, record));

function parse(line: string): StepRecord | undefined {
  try {
    const record = fromFields(PRETRAIN_OPTIONS, JSON.parse(line)) as unknown as StepRecord;
    return Number.isSafeInteger(record.step) ? record : undefined;
  } catch {
    return undefined;
  }
}
