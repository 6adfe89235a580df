import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommandError } from '../../cli/common/errors.ts';
import { FileGroup, writeAtomically } from '../../cli/common/files.ts';
import { parseOptions } from '../../cli/common/options.ts';
import { readConfig, writeConfig } from '../../cli/common/run/config.ts';
import { appendRecord, cutBack, readRecords } from '../../cli/common/run/metrics.ts';
import { RUN_FILES, RunFolder } from '../../cli/common/run/run-folder.ts';
import { PRETRAIN_OPTIONS, settingsOf } from '../../cli/common/training/options.ts';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-run-'));
  vi.spyOn(process, 'cwd').mockReturnValue(home);
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(home, { recursive: true, force: true });
});

const at = (...parts: string[]) => join(home, ...parts);
const open = (out: string, mode: 'new' | 'overwrite' | 'resume' = 'new') =>
  RunFolder.open({ verb: 'pretrain', out: at(out), mode });

describe('files of a run', () => {
  const record = {
    step: 1,
    loss: 0.5,
    learningRate: 0.1,
    gradNorm: 2,
    source: 'eeg',
    samples: 8,
    seconds: 1,
  };
  const line = '{"step":1,"loss":0.5,"lr":0.1,"gradNorm":2,"source":"eeg","samples":8,"seconds":1}\n';

  it('call the learning rate lr in metrics.jsonl, as every version did', () => {
    const folder = open('run');
    folder.begin();
    appendRecord(folder, record);
    appendRecord(folder, { ...record, step: 2 });
    const path = at('run', RUN_FILES.metrics);
    expect(readFileSync(path, 'utf8')).toBe(line + line.replace('1', '2'));
    expect(readRecords(folder, 1)).toEqual([record]);
    cutBack(folder, readRecords(folder, 1));
    expect(readFileSync(path, 'utf8')).toBe(line);
    // Lines that are no record count for nothing.
    writeFileSync(path, `null\n7\n[]\n{"lr":1}\n${line}{"step":2,"lr`);
    expect(readRecords(folder, 9)).toEqual([record]);
  });

  it('call it lr in config.json, and are resumed by it', () => {
    const folder = open('run');
    folder.begin();
    const settings = settingsOf(parseOptions(['--lr', '0.5'], PRETRAIN_OPTIONS).values, new Set(), []);
    const config = { spotr: '1', settings, adapter: 'a', parameters: 1, data: {}, passedOver: [] };
    writeConfig(folder, config);
    const path = at('run', RUN_FILES.config);
    const written = JSON.parse(readFileSync(path, 'utf8'));
    expect(Object.keys(written)).toEqual(Object.keys(config));
    const names = Object.keys(JSON.parse(JSON.stringify(settings)));
    expect(Object.keys(written.settings)).toEqual(
      names.map((name) => (name === 'learningRate' ? 'lr' : name)),
    );
    expect(written.settings.lr).toBe(0.5);
    expect(readConfig(folder).settings.learningRate).toBe(0.5);
    for (const lr of [undefined, 2, '0.5x']) {
      writeFileSync(path, JSON.stringify({ ...written, settings: { ...written.settings, lr } }));
      expect(() => readConfig(folder)).toThrow(/has lr .*, which must be a number over 0 and at most 1/);
    }
  });
});

describe('RunFolder', () => {
  it('makes the folder and those above it, and takes them back where nothing came of it', () => {
    const folder = open('a/b/c');
    expect(existsSync(at('a/b/c'))).toBe(true);
    expect(readdirSync(at('a/b/c'))).toEqual([]);
    folder.discard();
    expect(readdirSync(home)).toEqual([]);
  });

  it('leaves folders alone that were there before, or that hold something else', () => {
    mkdirSync(at('a'));
    const folder = open('a/b');
    writeFileSync(at('a/b/notes.txt'), 'mine');
    folder.discard();
    expect(readdirSync(at('a/b'))).toEqual(['notes.txt']);
  });

  it('takes nothing back of a run that has begun', () => {
    const folder = open('run');
    expect(folder.begun).toBe(false);
    folder.begin();
    folder.write(RUN_FILES.metrics, 'a line');
    folder.discard();
    expect(folder.begun).toBe(true);
    expect(readdirSync(at('run'))).toEqual([RUN_FILES.metrics]);
  });

  it('refuses a folder that is not empty, with the ways out', () => {
    mkdirSync(at('full'));
    writeFileSync(at('full/x'), '');
    expect(() => open('full')).toThrow(CommandError);
    expect(() => open('full')).toThrow(/full" is not empty; .*--out.*--resume.*--overwrite/);
  });

  it('replaces the files of an older run only when the new one begins, and nothing else', () => {
    const older = open('run');
    older.begin();
    for (const name of [...Object.values(RUN_FILES), 'reconstruction-ecg.svg']) older.write(name, 'old');
    writeFileSync(at('run/notes.txt'), 'mine');
    const refused = open('run', 'overwrite');
    refused.discard();
    expect(readdirSync(at('run')).length).toBe(Object.keys(RUN_FILES).length + 2);
    open('run', 'overwrite').begin();
    expect(readdirSync(at('run'))).toEqual(['notes.txt']);
  });

  it('keeps what a resumed run needs, and drops the outcome that is no longer its own', () => {
    const older = open('run');
    older.begin();
    for (const name of Object.values(RUN_FILES)) older.write(name, 'old');
    const folder = open('run', 'resume');
    folder.begin();
    expect(new Set(readdirSync(at('run')))).toEqual(
      new Set([
        RUN_FILES.config,
        RUN_FILES.metrics,
        RUN_FILES.encoder,
        RUN_FILES.decoder,
        RUN_FILES.optimizer,
        RUN_FILES.state,
      ]),
    );
    folder.discard();
    expect(existsSync(at('run', RUN_FILES.config))).toBe(true);
  });

  it('says when there is nothing to resume', () => {
    expect(() => open('none', 'resume')).toThrow(/no run in ".*none" to resume.*--resume --out DIR/);
    expect(existsSync(at('none'))).toBe(false);
  });

  it('refuses what cannot be written', () => {
    writeFileSync(at('file'), '');
    expect(() => open('file')).toThrow(/file" cannot be written \(.*\); choose another with --out/);
    expect(() => open('file/below')).toThrow(/below" cannot be written \(ENOTDIR/);
    // The superuser may write anywhere; /proc refuses everybody, and where it is not there its folder cannot be made.
    const closed = process.getuid?.() === 0 ? '/proc/spotr' : at('closed/run');
    mkdirSync(at('closed'));
    chmodSync(at('closed'), 0o500);
    expect(() => RunFolder.open({ verb: 'pretrain', out: closed, mode: 'new' })).toThrow(CommandError);
    chmodSync(at('closed'), 0o700);
    expect(readdirSync(at('closed'))).toEqual([]);
  });
});

describe('writeAtomically', () => {
  it('leaves no second file behind', () => {
    writeAtomically(at('x.json'), 'one');
    writeAtomically(at('x.json'), 'two');
    expect(readFileSync(at('x.json'), 'utf8')).toBe('two');
    expect(readdirSync(home)).toEqual(['x.json']);
  });

  it('says in one sentence what could not be written', () => {
    expect(() => writeAtomically(at('none/x.json'), '')).toThrow(CommandError);
    expect(() => writeAtomically(at('none/x.json'), '')).toThrow(/none\/x\.json" cannot be written \(ENOENT/);
  });
});

describe('FileGroup', () => {
  const names = ['a.bin', 'b.bin', 'state.json'];
  const contents = (mark: number) => ({
    'a.bin': `a${mark}`,
    'b.bin': `b${mark}`,
    'state.json': `{"mark":${mark}}`,
  });
  const read = () => names.map((name) => readFileSync(at(name), 'utf8'));

  it('is the old or the new whole, wherever a save was cut off', () => {
    const texts = Object.entries(contents(2));
    // What a save has done when it is cut off: so many files written beside, the next one by half, so many renamed.
    const cuts = [
      ...[0, 1, 2].map((written) => ({ written, half: true, renamed: 0 })),
      ...[0, 1, 2, 3].map((renamed) => ({ written: 3, half: false, renamed })),
    ];
    for (const { written, half, renamed } of cuts) {
      for (const name of readdirSync(home)) rmSync(at(name));
      const group = new FileGroup(home, names);
      group.write(contents(1));
      for (const [name, text] of texts.slice(0, written)) writeFileSync(at(`${name}.partial`), text);
      const next = half ? texts[written] : undefined;
      if (next) writeFileSync(at(`${next[0]}.partial`), next[1].slice(0, next[1].length / 2));
      for (const [name, text] of texts.slice(0, renamed)) {
        writeFileSync(at(name), text);
        rmSync(at(`${name}.partial`));
      }
      group.recover();
      const expected = written === 3 ? contents(2) : contents(1);
      expect(read(), `written ${written}, renamed ${renamed}`).toEqual(Object.values(expected));
      expect(readdirSync(home).sort()).toEqual([...names].sort());
    }
  });

  it('knows whether it is complete', () => {
    const group = new FileGroup(home, names);
    expect(group.complete).toBe(false);
    group.write(contents(1));
    expect(group.complete).toBe(true);
    expect(() => group.write({ 'a.bin': '' })).toThrow(/b\.bin/);
  });
});
