import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { recoverFolder, writeFolder } from '../../cli/publish/folder.ts';

let home: string;
const at = (...names: string[]) => join(home, ...names);
const draft = (name: string, ...more: string[]) => at(`.${name}.publishing`, ...more);
const read = (name: string) => readFileSync(at(name, 'config.json'), 'utf8');
const left = () => readdirSync(home).filter((name) => name.startsWith('.'));

const files = (content: string) =>
  new Map([
    ['weights', content],
    ['config.json', content],
  ]);
const replacing = (overwrite: boolean) => ({ names: [...files('').keys()], overwrite });

function publishedBefore(...names: string[]): void {
  for (const name of names) {
    mkdirSync(at(name));
    for (const [file, content] of files('old')) writeFileSync(at(name, file), content);
  }
}

/** Publishes from a process of its own, which a signal ends at `killAt`. */
async function publishElsewhere(name: string, content: string, killAt: readonly string[]) {
  const script = `import { writeFolder } from '${resolve('cli/publish/folder.ts')}';
    const files = new Map(['weights', 'config.json'].map((name) => [name, '${content}']));
    await writeFolder('${at(name)}', files, { names: [...files.keys()], overwrite: true });`;
  const child = spawn(
    process.execPath,
    [
      ...['--require', resolve('test/support/kill-at.cjs'), '--import', 'tsx'],
      ...['--input-type=module', '-e', script],
    ],
    { env: { ...process.env, KILL_AT: JSON.stringify(killAt) } },
  );
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += String(text);
  });
  const signal = await new Promise<string | null>((end) => child.on('close', (_, by) => end(by)));
  return { signal, said };
}

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-publish-cut-'));
});
afterAll(() => rmSync(home, { recursive: true }));

describe('a publication that is killed', () => {
  const moments = {
    begun: ['openSync', 'whole/config.json', 'before', 'SIGKILL'],
    away: ['renameSync', 'whole .*away$', 'before', 'SIGKILL'],
    named: ['renameSync', 'whole .*named$', 'after', 'SIGKILL'],
    first: ['renameSync', 'whole .*first$', 'before', 'SIGKILL'],
  };

  it('leaves the folder as it was or as it is to be, at the latest once somebody publishes there again', async () => {
    publishedBefore('begun', 'away', 'named');
    const ends = await Promise.all(
      Object.entries(moments).map(([name, moment]) => publishElsewhere(name, 'new', moment)),
    );
    expect(ends).toEqual(Object.keys(moments).map(() => ({ signal: 'SIGKILL', said: '' })));
    // The kills came where they were to come.
    expect(Object.keys(moments).filter((name) => existsSync(at(name)))).toEqual(['begun', 'named']);
    expect([read('begun'), read('named')]).toEqual(['old', 'new']);
    expect(left()).toHaveLength(4);

    expect(await Promise.all(Object.keys(moments).map((name) => recoverFolder(at(name))))).toEqual([
      ...[false, true, false, false],
    ]);
    expect(left()).toEqual([]);
    expect([read('begun'), read('away'), read('named')]).toEqual(['old', 'old', 'new']);
    expect(existsSync(at('first'))).toBe(false);
    await writeFolder(at('away'), files('third'), replacing(true));
    await writeFolder(at('first'), files('third'), replacing(false));
    expect([read('away'), read('first'), left()]).toEqual(['third', 'third', []]);
  });

  it('keeps what stood there before where somebody made the folder anew meanwhile, and names it', async () => {
    publishedBefore('anew');
    mkdirSync(draft('anew', 'whole'), { recursive: true });
    renameSync(at('anew'), draft('anew', 'before'));
    mkdirSync(at('anew'));
    const message =
      /anew came while it was replaced; what stood there before lies in .*\.anew\.publishing\/before: move it/;
    await expect(recoverFolder(at('anew'))).rejects.toThrow(message);
    await expect(writeFolder(at('anew'), files('new'), replacing(true))).rejects.toThrow(message);
    expect(readFileSync(draft('anew', 'before', 'config.json'), 'utf8')).toBe('old');
    // As the message says.
    renameSync(draft('anew', 'before'), at('moved'));
    rmSync(draft('anew', 'whole'), { recursive: true });
    await writeFolder(at('anew'), files('new'), replacing(true));
    expect([read('anew'), read('moved'), left()]).toEqual(['new', 'old', []]);
  });

  it('is found where a link leads that leads nowhere meanwhile', async () => {
    mkdirSync(at('disk'));
    publishedBefore('disk/linked');
    symlinkSync(at('disk', 'linked'), at('link'));
    mkdirSync(at('disk', '.linked.publishing'));
    renameSync(at('disk', 'linked'), at('disk', '.linked.publishing', 'before'));
    expect(await recoverFolder(at('link'))).toBe(true);
    expect(read('link')).toBe('old');
    expect(readdirSync(at('disk'))).toEqual(['linked']);
  });
});

it('who publishes to a folder while another does waits: one wins, whole, and the other is refused', async () => {
  const contents = ['one', 'other'];
  const said = vi.spyOn(console, 'error').mockImplementation(() => {});
  const ends = await Promise.allSettled(
    contents.map((content) => writeFolder(at('both'), files(content), replacing(false))),
  );
  expect(said.mock.calls.flat().join()).toMatch(/Another process is at work in .*both\.publishing/);
  said.mockRestore();
  const won = ends.findIndex(({ status }) => status === 'fulfilled');
  expect(ends[1 - won]).toMatchObject({
    reason: { message: expect.stringMatching(/both is not empty; .*or --overwrite to replace/) },
  });
  for (const name of files('').keys()) expect(readFileSync(at('both', name), 'utf8')).toBe(contents[won]);
  expect([readdirSync(at('both')).length, left()]).toEqual([files('').size, []]);
});

it('is taken back where it is interrupted', async () => {
  publishedBefore('kept');
  const stop = new AbortController();
  const write = writeFolder(at('kept'), files('new'), replacing(true), stop.signal);
  stop.abort(new Error('enough'));
  await expect(write).rejects.toThrow('enough');
  expect([read('kept'), left()]).toEqual(['old', []]);
  await expect(writeFolder(at('never'), files('new'), replacing(true), stop.signal)).rejects.toThrow(
    'enough',
  );
  expect([existsSync(at('never')), left()]).toEqual([false, []]);
});
