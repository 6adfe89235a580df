import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SIGNAL_OPTIONS, writeSignals } from '../support/signals.ts';
import { PROGRAM } from '../support/spotr-process.ts';
import { writeEncoder } from '../support/weights.ts';

const RECORDER = fileURLToPath(new URL('../support/record-files.cjs', import.meta.url));

let home: string;
let runs = 0;
const at = (...names: string[]) => join(home, ...names);

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-durable-'));
  writeEncoder(at('weights'));
  writeSignals(at('a.npy'), { seconds: 20, channels: 2 });
});
afterAll(() => rmSync(home, { recursive: true }));

type Event = readonly ['write' | 'sync', path: string] | readonly ['rename', from: string, to: string];

/** What the command did to files, in order. */
function eventsOf(...argv: string[]): Event[] {
  const log = at(`${runs++}.log`);
  const { status, stderr } = spawnSync(process.execPath, ['--require', RECORDER, PROGRAM, ...argv], {
    cwd: home,
    env: { ...process.env, RECORD_FILES: log },
    encoding: 'utf8',
  });
  // What a driver remarks on itself stands there too.
  expect(status, stderr).toBe(0);
  return readFileSync(log, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
}

/** Whether all that was written to a file before event `end` is on the disk, under whatever name it was written. */
function isSynced(events: readonly Event[], path: string, end: number): boolean {
  const last = events.slice(0, end).findLastIndex(([, ...names]) => names.includes(path));
  const event = events[last];
  return event?.[0] === 'rename' ? isSynced(events, event[1], last) : event?.[0] === 'sync';
}

/** Files that take their name before what was written to them is known to be on the disk. */
function renamedTooEarly(events: readonly Event[]): string[] {
  return events.flatMap((event, i) =>
    event[0] === 'rename' && !isSynced(events, event[1], i) ? [basename(event[2])] : [],
  );
}

const renamedTo = (events: readonly Event[]) =>
  new Set(events.flatMap((event) => (event[0] === 'rename' ? [basename(event[2])] : [])));

describe('what a power failure leaves', () => {
  it('is a checkpoint that was on the disk before it took its name', () => {
    const argv = ['--modality', 'ppg', '--window', '1', '--batch-size', '2', '--checkpoint-every', '1'];
    const events = eventsOf('pretrain', ...argv, '--steps', '2', '--out', 'run');
    expect(renamedTooEarly(events)).toEqual([]);
    for (const name of ['encoder', 'decoder', 'optimizer'])
      expect(renamedTo(events)).toContain(`${name}.safetensors`);
    expect(renamedTo(events)).toContain('state.json');
    // state.json comes last of each checkpoint: where it is, the others are.
    const order = events.flatMap((event) =>
      event[0] === 'rename' && /\.safetensors$|state\.json$/.test(event[2]) ? [basename(event[2])] : [],
    );
    expect(order.length).toBeGreaterThanOrEqual(8);
    for (let i = 0; i < order.length; i += 4)
      expect(order.slice(i, i + 4)).toEqual([
        ...['encoder.safetensors', 'decoder.safetensors', 'optimizer.safetensors', 'state.json'],
      ]);
  });

  // With .npy goes a .csv of the places.
  it.each(['e.parquet', 'e.npy'])('is a whole %s, or a journal that names only rows on the disk', (out) => {
    const events = eventsOf('embed', ...SIGNAL_OPTIONS, '--weights', 'weights', '--out', out, 'a.npy');
    expect(renamedTooEarly(events)).toEqual([]);
    expect(renamedTo(events)).toContain(out);
    const at = (name: string, kind: string) =>
      events.flatMap(([done, path], i) => (done === kind && basename(path) === name ? [i] : []));
    const [rows, lines] = [at('rows.bin', 'write'), at('journal.jsonl', 'write')];
    expect(rows.length).toBeGreaterThan(0);
    // The first is the journal's own head, written when it is made.
    for (const line of lines.slice(1)) {
      const before = rows.filter((row) => row < line).at(-1) ?? -1;
      if (before >= 0) expect(at('rows.bin', 'sync').some((sync) => sync > before && sync < line)).toBe(true);
      expect(events[line + 1]?.[0]).toBe('sync');
    }
    expect(lines.length).toBeGreaterThan(1);
  });
});
