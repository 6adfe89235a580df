import { afterEach, expect, it, vi } from 'vitest';
import { command } from '../../cli/command.ts';
import { EMBED_OPTIONS } from '../../cli/common/embed/options.ts';
import { dashed, flag, helpText, type OptionTable } from '../../cli/common/options.ts';
import { PRETRAIN_OPTIONS } from '../../cli/common/training/options.ts';
import { EXPLORE_OPTIONS } from '../../cli/explore/options.ts';
import { RECONSTRUCT_OPTIONS } from '../../cli/reconstruct/options.ts';

afterEach(() => vi.restoreAllMocks());

/** Options of a help text by its parts, each in the order of its rows. */
function partsOf(text: string): Map<string, string[]> {
  const parts = new Map<string, string[]>();
  let part = '';
  for (const line of text.split('\n')) {
    part = /^[A-Z][\w ]*$/.exec(line)?.[0] ?? part;
    const [, names] = /^ {2}(--[\w-]+(?:, --[\w-]+)*)/.exec(line) ?? [];
    if (names) parts.set(part, [...(parts.get(part) ?? []), ...names.split(', ')]);
  }
  return parts;
}

async function helpOf(words: string): Promise<string> {
  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  expect(await command([...words.split(' '), '--help'])).toBe(0);
  return print.mock.calls.flat().join('\n');
}

const READING = '--detrend --units --variable --other-kinds';
const ENCODER = '--offline --heads';
const STEPS = '--learning-rate --lr --batch-size --epochs --patience';

/** What a first use of a verb needs, and what few people do. */
const PARTS: readonly [verb: string, needed: string, advanced: string][] = [
  [
    'pretrain',
    '--window --held-out --size --precision --from --recipe --steps --batch-size --seed --learning-rate --lr --resume',
    '--detrend --units --variable --windows --stride --draw --turns --memory --conditioning --compaction --position-init --weight-init --other-kinds --auxiliary --accumulation --checkpointing --schedule --weight-decay --clip --checkpoint-every --checkpoint-minutes --offline',
  ],
  ['data scan', '--out --append --dataset --rate --channels --pick', '--variable --window --show-patient'],
  ['data split', '--validation --test --seed', ''],
  ['data label', '--table --annotations --until-next', ''],
  ['data bench', '--memory --batches', '--detrend --units --variable --stride --draw'],
  ['embed', '--weights --window --out', `${READING} --stride ${ENCODER} --batch-size --precision --shard`],
  ['merge', '', ''],
  [
    'probe',
    '--labels --multilabel --weights --protocol --seeds --config',
    `${READING} --identity ${ENCODER} --embed-batch --precision ${STEPS} --resamples`,
  ],
  ['fewshot', '--shots --draws', `${READING} ${ENCODER} --embed-batch --precision --resamples`],
  [
    'finetune',
    `${STEPS} --seeds --no-scratch`,
    `${READING} ${ENCODER} --embed-batch --clip --protocol --resamples`,
  ],
  [
    'reconstruct',
    '--weights --decoder --windows --at',
    `${READING} --stride --offline --conditioning --heads --batch-size --precision`,
  ],
  [
    'explore',
    '--umap --weights --out',
    `--neighbours --seed ${READING} --stride ${ENCODER} --batch-size --precision`,
  ],
  ['report', '--out --overwrite', ''],
  ['inspect', '--offline', ''],
  ['convert', '--overwrite', ''],
  ['publish', '--out --license --title --data', ''],
  ['weights list', '', ''],
  ['weights remove', '--all', ''],
  ['doctor', '--adapter --tune --forget', ''],
];

it.each(PARTS)('the help of %s keeps what few people need for its last part', async (verb, needed, rest) => {
  const parts = partsOf(await helpOf(verb));
  const words = (text: string) => text.split(' ').filter(Boolean);
  expect(parts.get('Advanced') ?? []).toEqual(words(rest));
  if (rest) expect([...parts.keys()].at(-1)).toBe('Advanced');
  const all = [...parts.values()].flat();
  expect(all).toEqual([...new Set(all)]);
  const above = [...parts].flatMap(([part, names]) => (part === 'Advanced' ? [] : names));
  expect(above).toEqual(expect.arrayContaining([...words(needed), '--help']));
});

it.each<[string, OptionTable]>([
  ['pretrain', PRETRAIN_OPTIONS],
  ['embed', EMBED_OPTIONS],
  ['explore', EXPLORE_OPTIONS],
  ['reconstruct', RECONSTRUCT_OPTIONS],
])('the help of %s has every option that is taken', async (verb, options) => {
  const taken = Object.entries(options).flatMap(([name, { alias }]) => [name, ...(alias ? [alias] : [])]);
  const all = [...partsOf(await helpOf(verb)).values()].flat();
  expect(all.toSorted()).toEqual([...taken.map(dashed), '--help'].toSorted());
});

it('has no heading without an option below it', () => {
  const sections = { One: { a: { ...flag('one'), advanced: true } }, Two: { b: flag('two') } };
  const text = helpText({ verb: 'x', summary: 'Does it.', sections, examples: [['spotr x', 'it']] }, 80);
  expect([...partsOf(text)]).toEqual([
    ['Two', ['--b', '--help']],
    ['Advanced', ['--a']],
  ]);
  expect(text).not.toContain('One');
});
