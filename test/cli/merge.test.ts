import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeFacts, type Facts } from '../../cli/common/embed/facts.ts';
import { parquetWriter } from '../../cli/common/embed/parquet.ts';
import { partName } from '../../cli/common/embed/shards.ts';
import { FACTS } from '../support/embeddings.ts';
import { spotr } from '../support/spotr-command.ts';

let home: string;
const at = (name: string) => join(home, name);

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-merge-'));
});
afterEach(() => rmSync(home, { recursive: true }));

/** A part with windows of a recording at some starts, in two row groups. */
function part(
  index: number,
  of: number,
  recording: string,
  starts: readonly number[],
  facts: Partial<Facts> = {},
  dim = 4,
) {
  const writer = parquetWriter(
    at(partName({ index, of })),
    describeFacts({ ...FACTS, shard: { index, of }, ...facts }, ['x'], { ways: [] }),
  );
  const rows = starts.map((start) => ({
    ...{ recording, start, seconds: 1, channels: ['C3'], embedding: new Float32Array(dim) },
  }));
  writer.write(rows.slice(0, 2));
  writer.write(rows.slice(2));
  writer.finish();
}

async function merge(...argv: string[]) {
  const { code, out, err } = await spotr('merge', ...argv);
  return { code, said: `${out} ${err}`.replace(/\s+/g, ' ') };
}

it('finds parts that are a whole, says how to read them, and changes nothing', async () => {
  part(0, 3, 'a.edf', [0, 1, 2]);
  part(1, 3, 'b.edf', [0, 1]);
  part(2, 3, 'none', []);
  writeFileSync(at('notes.txt'), 'mine');
  const before = readdirSync(home).map((name) => readFileSync(at(name)));
  const { code, said } = await merge(home);
  expect(said).toContain('3 parts: 5 embeddings of 4 values, from 2 recordings.');
  expect(said).toContain(`FROM '${home}/*.parquet'`);
  expect(code).toBe(0);
  expect(readdirSync(home).map((name) => readFileSync(at(name)))).toEqual(before);
});

it('lists all that is wrong at once', async () => {
  part(0, 6, 'a.edf', [0, 1, 2, 1]);
  part(1, 6, 'a.edf', [7], { weights: 'xyz', settings: { ...FACTS.settings, window: 2 } });
  part(2, 6, 'c.edf', [0, 1], {}, 5);
  part(3, 6, 'd.edf', [0], { shard: { index: 5, of: 6 } });
  part(0, 2, 'e.edf', [0]);
  writeFileSync(at('other.parquet'), '');
  mkdirSync(at('part-00004-of-00006.parquet.partial'));
  const { code, said } = await merge(home);
  expect(code).toBe(1);
  for (const problem of [
    'parts of several divisions: 1 of 2, 4 of 6; keep those of one',
    '2 parts of 6 are missing: 4, 5 (begun: 4). Run embed again with --shard I/6 for each.',
    'other.parquet is not a part, but readers of *.parquet take it for one',
    'part-00001-of-00006.parquet does not go with part-00000-of-00002.parquet: the weights differ; --window was 1 and is 2.',
    'part-00003-of-00006.parquet states that it is part 5/6; it was renamed.',
    'The embeddings differ in length: ',
    'part-00000-of-00006.parquet has 1 of its windows twice; write it again.',
    'a.edf is in two parts, part-00000-of-00006.parquet and part-00001-of-00006.parquet.',
  ])
    expect(said).toContain(problem);
});

it('names a part that is damaged, and goes on with the others', async () => {
  part(0, 2, 'a.edf', [0, 1, 2]);
  part(1, 2, 'b.edf', [0, 1, 2]);
  truncateSync(at(partName({ index: 1, of: 2 })), 300);
  const { code, said } = await merge(home);
  expect(code).toBe(1);
  expect(said).toMatch(/part-00001-of-00002\.parquet: is no whole Parquet file/);
  expect(said).toContain('2 parts: 3 embeddings');
});

it('says what it takes', async () => {
  expect(await merge()).toMatchObject({ code: 2, said: expect.stringMatching(/one folder/) });
  expect(await merge(at('gone'))).toMatchObject({
    code: 1,
    said: expect.stringMatching(/no such folder/),
  });
  expect(await merge(home)).toMatchObject({
    code: 1,
    said: expect.stringMatching(/contains no parts/),
  });
  expect((await merge('--help')).said).toMatch(/It only checks/);
});
