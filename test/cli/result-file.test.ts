/** What is read back of a run of probe, fewshot or finetune: by `report`, and by `--config`. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLASSIFIER, LABELLED_OPTIONS } from '../../cli/common/labelled/options.ts';
import {
  encodeResult,
  type Result,
  readResult,
  readWholeResult,
  withConfig,
} from '../../cli/common/labelled/result-file.ts';
import { parseOptions } from '../../cli/common/options.ts';
import type { TableRow } from '../../workflows/labelled/outcome.ts';
import { spotr } from '../support/spotr-command.ts';

let home: string;
const at = (...names: string[]) => join(home, ...names);
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'spotr-result-'));
});
afterAll(() => rmSync(home, { recursive: true }));

const metrics = { auroc: 0.9, accuracy: 0.75, auprc: 0.8, balancedAccuracy: 0.7, f1: 0.6, kappa: 0.5 };
const interval = { low: 0.4, high: 0.95 };
const row: TableRow = {
  name: 'token',
  seeds: [metrics, { ...metrics, auroc: Number.NaN }],
  intervals: {
    ...{ auroc: interval, accuracy: interval, auprc: interval, balancedAccuracy: interval, f1: interval },
    kappa: { low: Number.NaN, high: Number.NaN },
  },
  behind: { mean: 0.1, ...interval },
  confusion: [
    [3, 1],
    [0, 4],
  ],
  roc: [
    {
      label: 'b',
      points: [
        [0, 0],
        [1, 1],
      ],
    },
  ],
  histories: [[{ epoch: 1, loss: 0.7, validationAuroc: 0.5 }]],
  taken: [1],
  convergedAt: [Number.NaN],
  drawn: [0.9, Number.NaN],
};
const result: Result = {
  ...{ spotr: '0.1.0', verb: 'probe', adapter: 'an adapter', weights: 'w', classes: ['a', 'b'] },
  ...{ positive: 'b', groups: 'subject', protocol: 'converged', seconds: 1 },
  settings: { seeds: 3, lr: 0.25, protocol: 'paper', paths: ['x.jsonl', 'y.jsonl'], weights: 'w' },
  task: [['task', 'a, b']],
  tables: [{ title: 'Test windows', rows: [row] }],
  verdict: ['It does.'],
};

/** A folder with this as its result. */
function leave(name: string, content: unknown): string {
  mkdirSync(at(name), { recursive: true });
  writeFileSync(
    at(name, 'result.json'),
    typeof content === 'string' ? content : encodeResult(content as Result),
  );
  return at(name);
}

const withRow = (change: Record<string, unknown>): unknown => ({
  ...result,
  tables: [{ title: 'Test windows', rows: [{ ...row, ...change }] }],
});

describe('result.json', () => {
  it('comes back as it was written, numbers that are none and the class that is none included', () => {
    expect(readWholeResult(leave('whole', result))).toEqual(result);
    const many = { ...result, positive: null };
    expect(readWholeResult(leave('many', many))).toEqual(many);
    // Files of earlier versions have less.
    const { positive: _, groups: __, protocol: ___, ...former } = result;
    const { behind, confusion, histories, taken, convergedAt, drawn, ...plain } = row;
    const older = { ...former, tables: [{ title: 'Test windows', rows: [plain] }] };
    expect(readWholeResult(leave('older', older))).toEqual(older);
  });

  it('makes the page that the run made, of several classes too', async () => {
    for (const [name, positive, text] of [
      ['one', 'b', 'AUPRC is that of &quot;b&quot;.'],
      ['mean', null, 'AUPRC is the mean over classes.'],
    ] as const) {
      const { code, err } = await spotr('report', leave(name, { ...result, positive }));
      expect([code, err]).toEqual([0, '']);
      const page = readFileSync(at(name, 'report.html'), 'utf8');
      // Not the page, which is long.
      expect([page.includes(text), /NaN|undefined|null/.exec(page)]).toEqual([true, null]);
      const figures = [...page.matchAll(/data:image\/svg\+xml;base64,([^"]+)/g)].map(([, data = '']) =>
        Buffer.from(data, 'base64').toString(),
      );
      expect(figures.map((figure) => /NaN|undefined|Infinity/.exec(figure))).toEqual(figures.map(() => null));
      expect(figures.length).toBeGreaterThan(2);
    }
  });

  it('is refused by name where it is cut, or lacks what a page is made of, as other versions may have it', async () => {
    const text = encodeResult(result);
    for (const [name, content, why] of [
      ['cut', text.slice(0, text.length / 2), /result\.json: is not JSON/],
      ['nothing', '', /result\.json: is not JSON/],
      ['null', 'null', /lacks verb, settings or tables/],
      ['list', '[]', /lacks verb, settings or tables/],
      ['classes', { ...result, classes: undefined }, /of spotr 0\.1\.0, has no classes as spotr/],
      ['task', { ...result, task: null }, /has no task as/],
      ['verdict', { ...result, verdict: 'yes' }, /has no verdict as/],
      ['adapter', { ...result, adapter: null }, /has no adapter as/],
      ['version', { ...result, spotr: undefined }, /of spotr an unknown version, has no spotr as/],
      ['table', { ...result, tables: [null] }, /has no tables as .*: spotr probe --config /],
      ['rows', { ...result, tables: [{ title: 'x' }] }, /has no tables as/],
      ['seeds', withRow({ seeds: undefined }), /has no tables as/],
      ['metric', withRow({ seeds: [{ ...metrics, f1: undefined }] }), /has no tables as/],
      ['interval', withRow({ intervals: { ...row.intervals, kappa: undefined } }), /has no tables as/],
      ['behind', withRow({ behind: 0.5 }), /has no tables as/],
      ['confusion', withRow({ confusion: [1] }), /has no tables as/],
      ['roc', withRow({ roc: [{ label: 'b', points: [[0]] }] }), /has no tables as/],
      ['history', withRow({ histories: [[{ epoch: 1 }]] }), /has no tables as/],
      ['taken', withRow({ taken: ['1'] }), /has no tables as/],
      ['converged', withRow({ convergedAt: 3 }), /has no tables as/],
      ['drawn', withRow({ drawn: [0.5, 'x'] }), /has no tables as/],
    ] as const) {
      const { code, err } = await spotr('report', leave(`bad-${name}`, content));
      expect([name, code]).toEqual([name, 1]);
      expect(err.replace(/\s+/g, ' '), name).toMatch(why);
    }
  });
});

describe('--config', () => {
  const table = { ...CLASSIFIER, ...LABELLED_OPTIONS };
  const read = (content: unknown, ...argv: string[]) => {
    const folder = leave('config', content);
    return withConfig('probe', parseOptions(['--config', folder, ...argv], table), table, {
      before: { seeds: 7, protocol: 'converged' },
    });
  };

  it('stands in for what is not given, and for nothing that says where to', () => {
    const settings = { ...result.settings, out: 'there', quiet: true, offline: true, adapter: 'of then' };
    const { values, positionals } = read({ ...result, settings });
    expect(values).toMatchObject({
      seeds: 3,
      learningRate: 0.25,
      protocol: 'paper',
      weights: 'w',
      epochs: undefined,
    });
    expect(positionals).toEqual(['x.jsonl', 'y.jsonl']);
    expect(values).toMatchObject({ out: undefined, quiet: false, offline: false, adapter: 'auto' });
    const given = read(result, 'z.jsonl', '--seeds', '5', '--lr', '0.5', '--out', 'here');
    expect(given.values).toMatchObject({ seeds: 5, learningRate: 0.5, protocol: 'paper', out: 'here' });
    expect(given.positionals).toEqual(['z.jsonl']);
    // What a file does not say is what it meant when that could not be said, not the default of today.
    expect(read({ ...result, settings: {} }).values).toMatchObject({ seeds: 7, protocol: 'converged' });
    expect(readResult(leave('config', { ...result, tables: [] })).tables).toEqual([]);
  });

  it('is refused where its settings are of another verb, or none that can be', () => {
    expect(() => read({ ...result, verb: 'fewshot' })).toThrow(/is of a run of fewshot, not of probe/);
    for (const [settings, why] of [
      [{ seeds: 0 }, /has seeds 0, which must be a whole number from 1 to 1000; correct it/],
      [{ seeds: null }, /has seeds null, which must be/],
      [{ lr: '1e-3\u001b' }, /has lr "1e-3\\u001b", which must be/],
      [{ protocol: 'papers' }, /has protocol "papers", which must be one of converged, paper/],
    ] as const)
      expect(() => read({ ...result, settings }), String(why)).toThrow(why);
  });
});
