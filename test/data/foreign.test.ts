import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SignalError } from '../../data/errors.ts';
import { openFile, openFiles } from '../../data/open.ts';
import { shellQuote } from '../../data/shell-quote.ts';
import { npyBytes } from './array-writers.ts';
import { entryOf } from './open-bytes.ts';
import { edfBytes } from './writers.ts';

const edf = edfBytes({ records: 1, signals: [{ label: 'Cz', perRecord: 4, values: [1, 2, 3, 4] }] });
const latin1 = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const opening = (path: string, content: Uint8Array | string) =>
  expect(openFile(entryOf(path, content), [], { rate: 100 })).rejects;

describe('formats that are not read', () => {
  it('are named by their endings, with the line that converts them', async () => {
    for (const [path, reader] of [
      ['a.gdf', 'read_raw_gdf'],
      ['a.fif', 'read_raw_fif'],
      ['a.set', 'read_raw_eeglab'],
      ['a.cnt', 'read_raw_cnt'],
      ['a.lay', 'read_raw_persyst'],
    ] as const) {
      await opening(path, '').toThrow(
        `\`python3 -c 'import sys, mne; mne.export.export_raw(sys.argv[2], mne.io.${reader}(sys.argv[1], preload=True))' ${path} a.edf\``,
      );
    }
    await opening('d/a.fdt', '').toThrow(
      /Convert its \.set file.*read_raw_eeglab\(sys.* d\/a\.set d\/a\.edf`/,
    );
    await opening('a.xdf', '').toThrow(/pyxdf\.load_xdf\(sys\.argv\[1\]\).* a\.xdf a\.edf`/);
    await opening('s.mefd/b.timd/a.tdat', '').toThrow(/read_raw_mef\(.* s\.mefd s\.edf`/);
    await opening('a.nwb', '').toThrow(/pynwb\.NWBHDF5IO\(sys\.argv\[1\], "r"\).* a\.nwb a\.edf`/);
    await opening('sub/a.edf.gz', '').toThrow(/`gunzip -k sub\/a\.edf\.gz`/);
    await opening('a.tsv.gz', '').toThrow(/`gunzip -k a\.tsv\.gz`/);
    await opening('sub/a.zip', '').toThrow(/`unzip sub\/a\.zip`/);
  });

  it('are converted by lines that a shell takes apart as they are meant, whatever the file is called', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'spotr-paste-'));
    const names = [
      'plain',
      'two words',
      "it's",
      '"quoted"',
      '$HOME `x` \\ !*?',
      '-k',
      'tab\there',
      'line\nbreak',
      'mü',
      '%s#~',
    ];
    for (const name of names) {
      const error = await openFile(entryOf(`d d/${name}.gz`, ''), []).catch(String);
      const command = /`(gunzip -k [\s\S]*)`$/.exec(String(error))?.[1] as string;
      await mkdir(join(folder, 'd d'), { recursive: true });
      await writeFile(join(folder, `d d/${name}.gz`), gzipSync('content'));
      execFileSync('bash', ['-c', command], { cwd: folder });
      expect(await readFile(join(folder, `d d/${name}`), 'utf8')).toBe('content');
      // In the folder itself: a dash is no option.
      expect(execFileSync('bash', ['-c', `printf %s ${shellQuote(name)}`], { encoding: 'utf8' })).toBe(
        name.startsWith('-') ? `./${name}` : name,
      );
    }
    await rm(folder, { recursive: true });
  });

  it('are known by their first bytes, whatever they are called', async () => {
    await opening('a', 'GDF 2.20').toThrow(/is a GDF file/);
    await opening('a.bin', latin1('\0\0\0\x64\0\0\0\x1f\0\0\0\x14')).toThrow(/is a FIF file/);
    await opening('a.cnt', latin1('RIFF\x10\0\0\0CNT ')).toThrow(/ANT Neuro.*read_raw_ant/);
    await opening('a.cnt', 'Version 3.0').toThrow(/Neuroscan/);
    await opening('a.csv', 'XDF:\u0001').toThrow(/is an XDF file/);
    await opening('a.edf', latin1('\x1f\x8b\x08')).toThrow(/is compressed \(gzip\)/);
  });

  it('are told from files that are read and only misnamed', async () => {
    await opening('a.txt', edf).toThrow(/is EDF by its first bytes\. Rename it so that it ends in \.edf/);
    await opening('a.dat', edf).toThrow(/is EDF by its first bytes/);
    await opening('a.edf', npyBytes({ kind: 'int8', shape: [3], values: [1, 2, 3] })).toThrow(
      /is NPY by its/,
    );
    await opening('a.md', 'nothing').toThrow(/"\.md" is not a format that is read/);
  });

  it('are listed as passed over in a folder', async () => {
    const { recordings, skipped } = await openFiles(
      [entryOf('a.edf', edf), entryOf('b.gdf', 'GDF 1'), entryOf('c.md', 'x')],
      {},
    );
    expect(recordings.length).toBe(1);
    expect(skipped.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^b\.gdf: is a GDF file/),
      'is not of a format that is read',
    ]);
    await openFile(entryOf('b.gdf', 'GDF 1'), []).catch((error: unknown) => {
      expect(error).toBeInstanceOf(SignalError);
      expect(error).toMatchObject({ file: 'b.gdf', details: { field: 'format', found: 'a GDF file' } });
    });
  });
});
