import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EMBED_OPTIONS } from '../../cli/common/embed/options.ts';
import { parseOptions } from '../../cli/common/options.ts';

const text = readFileSync(new URL('../../deploy/kubernetes/embed-job.yaml', import.meta.url), 'utf8');

it('tells pods as many parts as the job has, and gives embed options that it knows', () => {
  const [, completions] = /^ {2}completions: (\d+)$/m.exec(text) ?? [];
  const [, told] = /- name: JOB_COMPLETIONS\n +value: "(\d+)"/.exec(text) ?? [];
  expect(completions).toMatch(/^[1-9]/);
  expect(told).toBe(completions);
  const [, args = ''] = /args: \[(.*)\]/.exec(text) ?? [];
  const { values, positionals } = parseOptions(args.split(', '), EMBED_OPTIONS);
  expect(values.shard).toBe('auto');
  expect(positionals).toEqual(['/data/manifest.jsonl']);
});
