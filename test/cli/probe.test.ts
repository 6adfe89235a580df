import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../checkpoint/safetensors.ts';
import { CLASSIFIER, RESULT } from '../../cli/common/labelled/options.ts';
import { readResult, withConfig } from '../../cli/common/labelled/result-file.ts';
import { parseOptions } from '../../cli/common/options.ts';
import type { ManifestEntry } from '../../data/index.ts';
import { intervalOf } from '../../evaluate/index.ts';
import { spotr } from '../support/spotr-command.ts';
import { type LabelledFixture, labelledFixture } from './labelled-fixture.ts';

let fixture: LabelledFixture;
beforeAll(() => {
  fixture = labelledFixture();
});
afterAll(() => fixture.remove());

const QUICK = ['--seeds', '2', '--epochs', '4', '--resamples', '100'];

describe('spotr probe', () => {
  it('sets the probe beside what it has to beat, and gives the same table again', async () => {
    const { at, weights } = fixture;
    const argv = ['probe', at('m.jsonl'), '--weights', weights, ...QUICK];
    const { code, out, err } = await spotr(...argv, '--out', at('first'));
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/eyes closed against eyes open/);
    const names = [
      'SPOTR token, probe',
      'SPOTR token, logistic',
      'SPOTR token and squares, logistic',
      'SPOTR token and mean of the others, logistic',
      'handcrafted, logistic',
      'handcrafted and SPOTR token, logistic',
      '24 log bands, logistic',
      'handcrafted and bands, logistic',
      'handcrafted, bands and SPOTR token, logistic',
      'random encoder, probe',
      'random encoder, logistic',
      // Of 60 training windows there are no 64 components.
      'PCA-59 scores, logistic',
      'raw samples, logistic',
      'class prior',
    ];
    for (const name of names) expect(out).toMatch(new RegExp(`${name}\\s+\\d\\.\\d{3}`));
    expect(out).toMatch(/does not beat: |is ahead of every baseline/);
    expect(out).not.toContain('Careful');
    const { tables, classes, verdict, protocol } = readResult(at('first'));
    expect(protocol).toMatch(/^converged: columns standardised on the training split, AdamW at 0.005/);
    const rows = tables[0]?.rows ?? [];
    expect(classes).toEqual(['eyes closed', 'eyes open']);
    expect(rows.map(({ name }) => name)).toEqual(names);
    expect(rows.map(({ seeds }) => seeds.length)).toEqual(names.map((name) => (/probe/.test(name) ? 2 : 1)));
    // The alpha rhythm is plain to see for the features; frequencies know nothing.
    const aurocOf = (id: string) => rows.find((row) => row.id === id)?.seeds[0]?.auroc;
    for (const id of ['handcrafted', 'bands', 'handcrafted-bands-token'])
      expect(aurocOf(id)).toBeGreaterThan(0.7);
    expect(aurocOf('prior')).toBe(0.5);
    expect(rows.flatMap(({ id, added }) => (added ? [[id, added.to]] : []))).toEqual([
      ['handcrafted-token', 'handcrafted, logistic'],
      ['handcrafted-bands-token', 'handcrafted and bands, logistic'],
    ]);
    // Four epochs are no curve that could lie still.
    const unlearned = /"SPOTR token, probe" has not converged in 2 of 2 seeds/;
    expect(out.replace(/\s+/g, ' ')).toMatch(unlearned);
    expect(verdict.join(' ')).toMatch(unlearned);
    expect(rows[0]?.histories?.map((history) => history.length)).toEqual([4, 4]);
    // Eyes are closed and open in turn in each recording.
    expect(verdict.join(' ')).toContain(
      'There is no table of whole recordings: in 8 of 8 test recordings windows are labelled differently.',
    );
    for (const { intervals, confusion, roc, behind, drawn = [] } of rows) {
      // Every number of an interval can be had again from what is kept.
      expect(drawn).toHaveLength(100);
      expect(intervalOf(drawn).low).toBeCloseTo(intervals.auroc.low, 5);
      expect(intervalOf(drawn).high).toBeCloseTo(intervals.auroc.high, 5);
      expect(intervals.auroc.low).toBeLessThanOrEqual(intervals.auroc.high);
      expect(confusion?.flat().reduce((a, b) => a + b)).toBeCloseTo(48, 9);
      expect(roc[0]?.points.at(-1)).toEqual([1, 1]);
      expect(behind === undefined).toBe(intervals === rows[0]?.intervals);
    }
    // From the file of the first run alone, but for where to.
    const again = await spotr('probe', '--config', at('first'), '--out', at('two'));
    expect(again.code).toBe(0);
    expect(readResult(at('two')).tables).toEqual(tables);
    expect((await spotr('report', at('two'), '--out', at('page.html'))).code).toBe(0);
    expect(readFileSync(at('page.html'), 'utf8')).toBe(readFileSync(at('two', 'report.html'), 'utf8'));
    const other = await spotr('finetune', '--config', at('first'));
    expect(other.err).toMatch(/--config is of a run of probe, not of finetune; write spotr probe --config/);
  });

  it('asks who a window is of, and knows tables of labels', async () => {
    const { at, weights, entries } = fixture;
    const few = fixture.manifest(
      'few',
      entries.slice(0, 3).map(({ split: _, labels: __, ...entry }) => entry),
    );
    const told = at('told.safetensors');
    const metadata = { model: 'spotr', window: '1', bandPass: '-45' };
    writeFileSync(
      told,
      encodeSafetensors(decodeSafetensors(readFileSync(weights), weights).tensors, metadata),
    );
    const { code, out, err } = await spotr(
      ...['probe', few, '--identity', '--weights', told, ...QUICK],
      ...['--out', at('identity')],
    );
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toMatch(/s0 against s1 against s2, windows of 1 s, as the weights were trained/);
    expect(out.replace(/\s+/g, ' ')).toContain('below 45 Hz of order 4, as in their training');
    expect(readResult(at('identity')).settings.bandPass).toEqual({ high: 45 });
    // Of 12 seconds each the first 60 % are learned from and the last 20 % tested.
    expect(out).toMatch(/train\s+7 s0, 7 s1, 7 s2/);
    expect(out).toMatch(/test\s+2 s0, 2 s1, 2 s2/);
    const careful = 'Careful: the intervals come from 3 test subjects only.';
    expect(out).toContain(careful);
    expect(readResult(at('identity')).verdict.join(' ')).toContain(careful);
    expect(readFileSync(at('identity', 'report.html'), 'utf8')).toContain(careful);

    const rows = entries.flatMap(({ path, subject, labels = [] }) =>
      labels.map(
        ({ start, label }) => `${path},${start * 200},400,${label === 'eyes open' ? 'a;b' : '-'},${subject}`,
      ),
    );
    writeFileSync(at('labels.csv'), `file,start_sample,n_samples,label,subject\n${rows.join('\n')}\n`);
    const several = await spotr(
      ...['probe', at('labels.csv'), '--multilabel', '--rate', '200', '--weights', weights, ...QUICK],
      ...['--class-weights', 'balanced', '--out', at('several')],
    );
    expect(several.err).toBe('');
    expect(several.out).toMatch(/task\s+a, b, windows of 2 s/);
    const { tables } = readResult(at('several'));
    expect(tables[0]?.rows.find(({ id }) => id === 'handcrafted')?.seeds[0]?.auroc).toBeGreaterThan(0.7);
    expect(tables[0]?.rows[0]?.confusion).toBeUndefined();
  });

  it("takes a file of an earlier version for the paper's protocol, and steps of one for none of another", () => {
    const { at } = fixture;
    const kept = {
      before: { protocol: 'paper' },
      follow: ['protocol', 'learningRate', 'epochs'] as const,
    };
    const table = {
      protocol: CLASSIFIER.protocol,
      learningRate: CLASSIFIER.learningRate,
      epochs: CLASSIFIER.epochs,
      ...RESULT,
    };
    const read = (settings: object, ...argv: string[]) => {
      writeFileSync(at('kept.json'), JSON.stringify({ verb: 'probe', settings, tables: [] }));
      const { values } = withConfig(
        'probe',
        parseOptions(['--config', at('kept.json'), ...argv], table),
        table,
        kept,
      );
      return [values.protocol, values.learningRate, values.epochs];
    };
    const before = { lr: 3e-4, epochs: 7, quiet: true };
    expect(read(before)).toEqual(['paper', 3e-4, 7]);
    expect(read(before, '--lr', '0.1')).toEqual(['paper', 0.1, 7]);
    expect(read(before, '--protocol', 'converged', '--epochs', '9')).toEqual(['converged', undefined, 9]);
    expect(read({ ...before, protocol: 'converged' })).toEqual(['converged', 3e-4, 7]);
    expect(read({ protocol: 'converged' })).toEqual(['converged', undefined, undefined]);
    expect(() => read({ protocol: 'other' })).toThrow(
      /has protocol "other", which must be one of converged, paper/,
    );
  });

  it('takes several windows of a longer stretch, and scores recordings by their mean', async () => {
    const { at, weights, entries, manifest } = fixture;
    // Each recording of one label for all of its twelve seconds.
    const whole = manifest(
      'whole',
      entries.map((entry, i) => ({
        ...entry,
        labels: [{ start: 0, seconds: 12, label: i % 2 ? 'odd' : 'even' }],
      })),
    );
    const run = async (...argv: string[]) => {
      const { code, out, err } = await spotr(
        ...['probe', whole, '--weights', weights, '--seeds', '1', '--epochs', '1', '--resamples', '100'],
        ...argv,
      );
      expect(err).toBe('');
      expect(code).toBe(0);
      return out;
    };
    const out = await run('--window', '3', '--out', at('three'));
    expect(out).toMatch(/windows of 3 s/);
    // Four windows of each of eight recordings.
    expect(out).toMatch(/test\s+16 even, 16 odd, of 8 subjects/);
    expect(out).toMatch(/Test recordings\s+AUROC/);
    const { tables } = readResult(at('three'));
    expect(tables.map(({ title }) => title)).toEqual(['Test windows', 'Test recordings']);
    expect(tables.map(({ rows }) => rows.length)).toEqual([14, 14]);
    const confusions = tables.map(({ rows }) => rows[4]?.confusion?.flat().reduce((a, b) => a + b));
    expect(confusions).toEqual([32, 8]);
    expect(tables[1]?.rows.at(-1)?.seeds[0]?.auroc).toBe(0.5);
    expect(readFileSync(at('three', 'report.html'), 'utf8')).toContain('Test recordings');
    // One window of a recording alone, and why there is then no second table.
    const single = await run('--quiet', '--out', at('single'));
    expect(single).not.toMatch(/adapter|Test recordings/);
    expect(readResult(at('single')).task.join()).toMatch(/windows of 12 s/);
    expect(readResult(at('single')).settings).not.toHaveProperty('quiet');
    expect(single.replace(/\s+/g, ' ')).toContain('recordings: every test recording is a single window.');
  });

  it('sets apart a validation part that has every label, where a draw does', async () => {
    const { at, weights, entries, manifest } = fixture;
    // Each subject of one label: two of eleven are drawn, which are often alike.
    const alike = entries.map((entry, i) => ({
      ...entry,
      split: i < 11 ? ('train' as const) : ('test' as const),
      labels: [{ start: 0, seconds: 12, label: i % 2 ? 'odd' : 'even' }],
    }));
    for (const seed of ['1', '2']) {
      const path = manifest('alike', alike);
      const argv = ['fewshot', path, '--window', '2', '--weights', weights, '--shots', '1', '--draws', '1'];
      const { code, out, err } = await spotr(
        ...[...argv, '--seed', seed, '--resamples', '100', '--out', at(`alike-${seed}`)],
      );
      expect(err).toBe('');
      expect(code).toBe(0);
      expect(out).toMatch(/validation\s+6 even, 6 odd, of 2 subjects/);
    }
  });

  it('says everything that is missing at once, and leaves nothing behind', async () => {
    const { at, weights, entries, manifest } = fixture;
    const refused = async (name: string, some: readonly ManifestEntry[], ...more: string[]) => {
      const path = manifest(name, some);
      const { code, err } = await spotr('probe', path, '--weights', weights, '--out', at(name), ...more);
      expect(code).toBe(1);
      expect(existsSync(at(name))).toBe(false);
      return err;
    };
    const bare = entries.map(({ labels: _, split: __, ...rest }) => rest);
    expect(await refused('bare', bare)).toMatch(/has no labels.*has no split.*has no "test" split/);
    const labelled = (of: (entry: ManifestEntry, i: number) => Partial<ManifestEntry>) =>
      entries.map((entry, i) => ({ ...entry, ...of(entry, i) }));
    const one = labelled(({ labels = [] }) => ({ labels: labels.map((each) => ({ ...each, label: 'x' })) }));
    expect(await refused('one', one)).toMatch(
      /Nothing can be learned from this task: there is one class only, x/,
    );
    const wrong = labelled((_, i) => ({
      ...(i === 0 && { path: 'eyes/gone.csv' }),
      ...(i === 1 && { labels: [{ start: 0, seconds: 99, label: 'eyes open' }] }),
      ...(i > 15 && { subject: 's2' }),
    }));
    expect(await refused('wrong', wrong)).toMatch(
      /1 recording cannot be opened: eyes\/gone.csv: is in the manifest, but there is no such file; .*several parts.*subject s2 \(.*labels reach beyond the end of 1 recording: .*s1.csv \(to 99.00 s of 12.00 s\)/,
    );
    expect(await refused('long', entries, '--window', '3')).toMatch(
      /no labelled segment is long enough for a window of 3 s \(the longest is 2.00 s\)/,
    );
    const torn = labelled(({ labels = [] }, i) =>
      i === 3 ? { labels: [...labels, { start: 2, seconds: 4, label: 'n' }] } : {},
    );
    expect(await refused('torn', torn)).toMatch(
      /several labels cover the same window: .*s3.csv at 2.00 s \(.*, n\); with --multilabel a window has them all/,
    );
    const untested = labelled(({ labels = [], split }) =>
      split === 'test' ? { labels: labels.filter(({ label }) => label === 'eyes open') } : {},
    );
    expect(await refused('untested', untested)).toMatch(
      /Nothing can be learned from this task: test has 24 windows, and none of eyes closed/,
    );
    expect(await refused('heads', entries, '--heads', '3')).toMatch(
      /weights.bin: the encoder is 64 wide, which is not divisible by --heads 3; give/,
    );
    const broken = readFileSync(weights);
    broken.fill(0xff, broken.length - 4);
    writeFileSync(at('nan.bin'), broken);
    expect(await refused('nan', entries, '--weights', at('nan.bin'))).toMatch(
      /nan.bin: 1 of \d+ tensors hold values that are not finite, such as /,
    );
    mkdirSync(at('full'));
    writeFileSync(at('full', 'x'), '');
    const full = await spotr('probe', at('m.jsonl'), '--weights', weights, '--out', at('full'));
    expect(full.err).toMatch(/is not empty; choose another --out, or replace what is there with --overwrite/);
    expect((await spotr('probe', '--config', at('full'))).err).toMatch(/full: the folder has no result.json/);
    expect((await spotr('probe', '--weights', weights)).err).toMatch(/probe needs labelled windows/);
    writeFileSync(at('broken.json'), '{"verb": "probe"}');
    expect((await spotr('probe', '--config', at('broken.json'))).err).toMatch(
      /broken.json: lacks verb, settings or tables; give the result.json of a run/,
    );
  });
});
