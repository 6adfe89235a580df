import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setInterval } from 'node:timers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Facts } from '../../cli/common/embed/facts.ts';
import { Journal, type Outcome } from '../../cli/common/embed/journal.ts';
import { requireFree, targetOf } from '../../cli/common/embed/target.ts';
import { FolderLock } from '../../cli/common/folder-lock.ts';
import { FACTS } from '../support/embeddings.ts';

/** What happens in another process just before this one writes a file. */
const between = vi.hoisted((): { beforeWriting?: ((path: string) => void) | undefined } => ({}));
vi.mock('node:fs', async (load) => {
  const fs = await load<typeof import('node:fs')>();
  const before = (path: unknown) => {
    const { beforeWriting } = between;
    between.beforeWriting = undefined;
    beforeWriting?.(String(path));
    between.beforeWriting ??= beforeWriting;
  };
  const writeFileSync: typeof fs.writeFileSync = (path, ...rest) => {
    before(path);
    fs.writeFileSync(path, ...rest);
  };
  const openSync: typeof fs.openSync = (path, ...rest) => {
    before(path);
    return fs.openSync(path, ...rest);
  };
  return { ...fs, openSync, writeFileSync };
});

let home: string;
let folder: string;
const DIM = 3;
const dropped = { missing: 0, impossible: 0, flat: 0, clipped: 0, shortStretches: 0 };
const OUTCOME: Outcome = { windows: 2, channels: ['C3'], dropped, leftOut: [] };

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-journal-'));
  folder = join(home, 'e.parquet.partial');
});
afterEach(() => rmSync(home, { recursive: true }));

const open = (facts = FACTS, replace = false) => Journal.open(folder, facts, { dim: DIM, replace });

/** Two batches of two rows; the second ends a recording. */
async function fill(journal: Journal): Promise<void> {
  await journal.startedOn('a card');
  const vectors = (from: number) => Float32Array.from({ length: 2 * DIM }, (_, i) => from + i / 3);
  await journal.add([0, 1], vectors(0), { outcomes: [], next: { recording: 0, window: 2 } });
  await journal.add([2, 0.5], vectors(9), { outcomes: [OUTCOME], next: { recording: 1, window: 1 } });
}

async function rowsOf(journal: Journal): Promise<number[]> {
  const values: number[] = [];
  for await (const { starts, vectors } of journal.read(3)) values.push(...starts, ...vectors);
  return values;
}

describe('Journal', () => {
  it('goes on where it was closed, with every row, outcome and adapter', async () => {
    const first = await open();
    await fill(first);
    await first.save();
    const rows = await rowsOf(first);
    expect(rows).toHaveLength(4 * (DIM + 1));
    await first.dispose();
    const again = await open();
    expect(again).toMatchObject({ rows: 4, rowsBefore: 4, place: { recording: 1, window: 1 } });
    expect(again.outcomes).toEqual([OUTCOME]);
    expect(again.adapters).toEqual(['a card']);
    expect(await rowsOf(again)).toEqual(rows);
    await again.discard();
    expect(existsSync(folder)).toBe(false);
  });

  it('forgets a torn line, and rows that no line tells of', async () => {
    const first = await open();
    await fill(first);
    await first.dispose();
    const lines = join(folder, 'journal.jsonl');
    // The first batch makes a point at once; that of the second was to come.
    const whole = readFileSync(lines, 'utf8');
    appendFileSync(lines, '{"rows":4,"recording":1,"win');
    appendFileSync(join(folder, 'rows.bin'), 'torn');
    const again = await open();
    expect(again).toMatchObject({ rows: 2, place: { recording: 0, window: 2 }, outcomes: [] });
    expect(readFileSync(lines, 'utf8')).toBe(whole);
    await again.add([2], new Float32Array(DIM), { outcomes: [], next: { recording: 0, window: 3 } });
    expect(again.rows).toBe(3);
    await again.save();
    await again.dispose();
    const last = await open();
    expect(last.rows).toBe(3);
    await last.dispose();
  });

  it('begins anew where not even the first line is whole', async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'journal.jsonl'), '{"spotr":"emb');
    const journal = await open();
    expect(journal.rows).toBe(0);
    await fill(journal);
    await journal.dispose();
    expect(readFileSync(join(folder, 'journal.jsonl'), 'utf8')).toMatch(/^\{"spotr":"embed",.*\}\n/);
  });

  it('refuses one of another run and says all that differs, or replaces it when told to', async () => {
    const first = await open();
    await fill(first);
    await first.dispose();
    const other: Facts = {
      ...FACTS,
      weights: 'xyz',
      settings: { window: 2, mains: 'none', bandPass: { low: 1 } },
      shard: { index: 1, of: 4 },
    };
    await expect(open(other)).rejects.toThrow(
      /partial belongs to another run: the weights differ; --window was 1 and is 2; --band-pass was none and is \{"low":1\}; the shard was none and is 1\/4\. Delete it, give another --out, or start again with --overwrite\./,
    );
    expect(existsSync(join(folder, 'lock'))).toBe(false);
    const again = await open(FACTS, true);
    expect(again.rows).toBe(2);
    await again.dispose();
    const anew = await open(other, true);
    expect(anew.rows).toBe(0);
    await anew.dispose();
  });

  it('lets files be there that a run was giving their names to when it was killed, and no others', async () => {
    const target = targetOf(join(home, 'e.npy'), undefined);
    folder = Journal.folderOf(target.main);
    const journal = await open();
    await fill(journal);
    writeFileSync(target.beside[0] as string, '{}');
    expect(() => requireFree(target)).toThrow(
      /e\.npy\.about\.json already exists; give another --out, or --overwrite/,
    );
    await journal.finish();
    await journal.dispose();
    requireFree(target);
    const again = await open();
    expect(again.rows).toBe(4);
    await again.dispose();
  });

  it('says that it is damaged where rows are lost', async () => {
    const first = await open();
    await fill(first);
    await first.save();
    await first.dispose();
    truncateSync(join(folder, 'rows.bin'), 10);
    await expect(open()).rejects.toThrow(/partial is damaged; delete it, or start again with --overwrite/);
  });

  it('refuses to write where another process has taken over', async () => {
    const journal = await open();
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: 1, host: 'elsewhere', token: 't' }));
    await expect(fill(journal)).rejects.toThrow(/another process has taken over/);
    await journal.dispose();
    expect(existsSync(join(folder, 'lock'))).toBe(true);
  });
});

describe('FolderLock', () => {
  const lock = () => join(home, 'lock');
  const holder = (pid: number, host = hostname()) => JSON.stringify({ pid, host, token: 'theirs' });

  it('is taken from a process that is dead, at once', async () => {
    // Beyond the highest number that a process may have.
    writeFileSync(lock(), holder(2 ** 22 + 1));
    const taken = await FolderLock.take(home, 60_000);
    taken.requireHeld();
    taken.dispose();
    expect(existsSync(lock())).toBe(false);
  });

  it('is taken from a process elsewhere that has stood still, and left to one that beats', async () => {
    writeFileSync(lock(), holder(1, 'elsewhere'));
    const beating = setInterval(() => writeFileSync(lock(), `${holder(1, 'elsewhere')}${Math.random()}`), 50);
    await expect(FolderLock.take(home, 2000)).rejects.toThrow(/process 1 on elsewhere is at work in it/);
    clearInterval(beating);
    writeFileSync(lock(), holder(1, 'elsewhere'));
    const taken = await FolderLock.take(home, 300);
    expect(readFileSync(lock(), 'utf8')).toContain(`"pid":${process.pid}`);
    taken.dispose();
  });

  it('is not given twice', async () => {
    const taken = await FolderLock.take(home);
    await expect(FolderLock.take(home, 30_000)).rejects.toThrow(
      new RegExp(`process ${process.pid} on .* is at work in it; wait until it ends, or stop it`),
    );
    taken.dispose();
  });

  it('is left to a process that took the dead one over in between', async () => {
    const dead = holder(2 ** 22 + 1);
    writeFileSync(lock(), dead);
    const live = holder(1, 'elsewhere');
    let beat: NodeJS.Timeout | undefined;
    // Just before this process announces that it takes over: it has read what is dead, and another is faster.
    between.beforeWriting = (path) => {
      if (!path.endsWith('lock.taking') || beat) return;
      writeFileSync(lock(), live);
      beat = setInterval(() => writeFileSync(lock(), `${live}${Math.random()}`), 20);
    };
    try {
      await expect(FolderLock.take(home, 2000)).rejects.toThrow(/process 1 on elsewhere is at work in it/);
      expect(readFileSync(lock(), 'utf8')).toContain('"host":"elsewhere"');
      expect(existsSync(`${lock()}.taking`)).toBe(false);
    } finally {
      clearInterval(beat);
      between.beforeWriting = undefined;
    }
  });

  it('is given to one of many that find a dead process at the same time', async () => {
    writeFileSync(lock(), holder(2 ** 22 + 1));
    const asked = await Promise.allSettled(Array.from({ length: 8 }, () => FolderLock.take(home, 60_000)));
    const taken = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(taken).toHaveLength(1);
    taken[0]?.requireHeld();
    taken[0]?.dispose();
  });

  it('waits for a process that is just taking a dead one over, and names what a killed one left of that', async () => {
    writeFileSync(lock(), holder(2 ** 22 + 1));
    writeFileSync(`${lock()}.taking`, holder(1, 'elsewhere'));
    await expect(FolderLock.take(home, 50)).rejects.toThrow(
      `another process is taking it over; if none is, delete ${lock()}.taking.`,
    );
    const asked = FolderLock.take(home, 60_000);
    rmSync(`${lock()}.taking`);
    (await asked).dispose();
  });

  it.each([
    ['a link that leads nowhere', () => symlinkSync(join(home, 'nowhere'), lock())],
    ['a link to a file', () => symlinkSync(join(home, 'precious'), lock())],
    ['a folder', () => mkdirSync(lock())],
  ])('is not taken where %s lies in its place, which stays as it is', async (_, make) => {
    writeFileSync(join(home, 'precious'), 'precious');
    make();
    await expect(FolderLock.take(home, 50)).rejects.toThrow(
      `"${lock()}" is not a regular file; delete it, and try again.`,
    );
    expect(readFileSync(join(home, 'precious'), 'utf8')).toBe('precious');
  });
});

describe('a disk that is full', () => {
  const full = (isMeant: (path: string) => boolean) => (path: string) => {
    if (isMeant(path))
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };
  afterEach(() => {
    between.beforeWriting = undefined;
  });

  it.each([
    ['its head', (path: string) => path.endsWith('journal.jsonl')],
    // By its descriptor: the lock is the one file that is opened first.
    ['its lock', (path: string) => /^\d+$/.test(path)],
  ])('is said when a journal begins, by the path, and nothing is left: %s', async (_, isMeant) => {
    between.beforeWriting = full(isMeant);
    await expect(open()).rejects.toThrow(
      /e\.parquet\.partial.* cannot be written \(the disk is full\); make room/,
    );
    expect(existsSync(folder)).toBe(false);
    between.beforeWriting = undefined;
    const journal = await open();
    await fill(journal);
    expect(await rowsOf(journal)).toHaveLength(4 * (1 + DIM));
    await journal.dispose();
  });
});
