import { describe, expect, it } from 'vitest';
import { SignalError } from '../../data/errors.ts';
import { openFile, openFiles } from '../../data/open.ts';
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
        `python -c 'import mne; mne.export.export_raw("a.edf", mne.io.${reader}("${path}", preload=True))'`,
      );
    }
    await opening('d/a.fdt', '').toThrow(/Convert its \.set file.*read_raw_eeglab\("a\.set"/);
    await opening('a.xdf', '').toThrow(/pyxdf\.load_xdf\("a\.xdf"\)/);
    await opening('a.tdat', '').toThrow(/read_raw_mef\("SESSION\.mefd"/);
    await opening('a.nwb', '').toThrow(/pynwb\.NWBHDF5IO\("a\.nwb", "r"\)/);
    await opening('a.edf.gz', '').toThrow(/gunzip -k "a\.edf\.gz"/);
    await opening('a.zip', '').toThrow(/unzip "a\.zip"/);
    await opening('it\'s "a".gdf', '').toThrow(/read_raw_gdf\("FILE"/);
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
