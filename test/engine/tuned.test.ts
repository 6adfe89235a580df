import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forgetTuned, openEngine, recallTuned, type TunedRow, tuneMatmul } from '../../engine/index.ts';
import { rememberTuned } from '../../engine/matmul/tuned.ts';
import { MATMUL_VARIANTS } from '../../engine/matmul/variants.ts';

let folder: string;
let before: string | undefined;

beforeEach(() => {
  before = process.env.XDG_CACHE_HOME;
  folder = mkdtempSync(join(tmpdir(), 'spotr-tuned-'));
  process.env.XDG_CACHE_HOME = folder;
});

afterEach(() => {
  if (before === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = before;
  rmSync(folder, { recursive: true });
});

const winners = { 'nt few': 'shared', 'tn many': 'registers' };

describe('tuned matmul kernels', () => {
  it('are remembered by adapter, and forgotten', async () => {
    await rememberTuned('Voodoo 2', { measured: '2026-01-01T00:00:00Z', winners });
    expect(await recallTuned('Voodoo 2')).toEqual({ measured: '2026-01-01T00:00:00Z', winners });
    expect(await recallTuned('Voodoo 3')).toBeNull();
    await forgetTuned('Voodoo 2');
    expect(await recallTuned('Voodoo 2')).toBeNull();
  });

  it.each([['{'], ['{"measured":"x","winners":{"nt few":"no such kernel"}}'], ['{}']])(
    'that cannot be read (%s) are an error that says how to remove them',
    async (damaged) => {
      await rememberTuned('Voodoo 2', { measured: '', winners });
      const notes = join(folder, 'spotr', 'notes');
      writeFileSync(join(notes, readdirSync(notes)[0] ?? ''), damaged);
      await expect(recallTuned('Voodoo 2')).rejects.toThrow(/Voodoo 2.*forgetTuned/);
    },
  );

  it('come from timing every kernel that serves, and hold for engines opened afterwards', async () => {
    const engine = await openEngine();
    const shapes = [{ m: 12, n: 16, k: 20, transposeB: true }];
    const rows: TunedRow[] = [];
    const tuned = await tuneMatmul(engine, (row) => rows.push(row), shapes);
    const timed = Object.entries(rows[0]?.milliseconds ?? {});
    const serving = Object.values(MATMUL_VARIANTS).filter((one) =>
      one.serves(shapes[0] as (typeof shapes)[0], engine.device),
    );
    expect(timed).toHaveLength(serving.length);
    expect(Math.min(...timed.map(([, ms]) => ms))).toBe(rows[0]?.milliseconds[rows[0].winner]);
    expect(tuned.winners).toEqual({ 'nt few': rows[0]?.winner });
    const next = await openEngine();
    expect([...next.device.tuned]).toEqual([['nt few', rows[0]?.winner]]);
    engine.dispose();
    next.dispose();
  });
});
