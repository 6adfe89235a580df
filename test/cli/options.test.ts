import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../cli/common/errors.ts';
import {
  choice,
  flag,
  fromFields,
  helpText,
  list,
  nearest,
  number,
  type Option,
  parseOptions,
  readKept,
  text,
  toFields,
  whole,
} from '../../cli/common/options.ts';
import { PRETRAIN_HELP, PRETRAIN_OPTIONS, settingsOf } from '../../cli/common/training/options.ts';
import { recipeOf } from '../../workflows/pretraining/recipes.ts';

const TABLE = {
  steps: whole({ min: 1, max: 1000, fallback: 20, help: 'updates' }),
  learningRate: number({ above: 0, max: 1, fallback: undefined, help: 'peak' }),
  part: number({ min: 0, max: 0.5, fallback: 0.1, help: 'held out' }),
  size: choice({ of: ['tiny', 'base'], fallback: 'tiny', help: 'of the model' }),
  out: text({ value: 'DIR', fallback: undefined, help: 'folder' }),
  channels: list({ help: 'labels' }),
  quiet: flag('say less'),
};

describe('parseOptions', () => {
  it('fills in what is not given, and says what was', () => {
    const nothing = parseOptions([], TABLE);
    expect(nothing.values).toEqual({
      steps: 20,
      learningRate: undefined,
      part: 0.1,
      size: 'tiny',
      out: undefined,
      channels: undefined,
      quiet: false,
    });
    expect(nothing.given.size).toBe(0);
    const argv = [
      'a.edf',
      '--steps',
      '7',
      '--learning-rate=2e-3',
      '--quiet',
      '--channels',
      'II, V5',
      '--',
      '--b',
    ];
    const some = parseOptions(argv, TABLE);
    expect(some.values).toMatchObject({ steps: 7, learningRate: 0.002, quiet: true, channels: ['II', 'V5'] });
    expect([...some.given].sort()).toEqual(['channels', 'learningRate', 'quiet', 'steps']);
    expect(some.positionals).toEqual(['a.edf', '--b']);
  });

  it('takes the last of two, so that a default command can be added to', () => {
    expect(parseOptions(['--steps', '7', '--steps', '8'], TABLE).values.steps).toBe(8);
  });

  it.each([
    [['--steps', 'many'], '--steps is "many", but must be a whole number from 1 to 1000.'],
    [['--steps', '0'], '--steps is "0", but must be a whole number from 1 to 1000.'],
    [['--steps', '-5'], '--steps is "-5", but must be a whole number from 1 to 1000.'],
    [['--steps', '1.5'], '--steps is "1.5", but must be a whole number from 1 to 1000.'],
    [['--steps=1001'], '--steps is "1001", but must be a whole number from 1 to 1000.'],
    [['--steps='], '--steps is "", but must be a whole number from 1 to 1000.'],
    [['--learning-rate', '0'], '--learning-rate is "0", but must be a number over 0 and at most 1.'],
    [['--learning-rate', '0x1'], '--learning-rate is "0x1", but must be a number over 0 and at most 1.'],
    [['--part', 'NaN'], '--part is "NaN", but must be a number from 0 to 0.5.'],
    [['--size', 'huge'], '--size is "huge", but must be one of tiny, base.'],
    [['--channels', 'a,,b'], '--channels is "a,,b", but must be names between commas.'],
    [['--out'], '--out needs a value, but nothing follows; it must be not empty.'],
    [['--out', '--quiet'], '--out needs a value, but --quiet follows; it must be not empty.'],
    [['--quiet=yes'], '--quiet takes no value, but "yes" was given; write --quiet alone.'],
    [['--stepz', '7'], 'There is no option --stepz; did you mean --steps?'],
    [['--frobnicate'], 'There is no option --frobnicate; try --help.'],
    [['-x'], 'There is no option -x; try --help.'],
  ])('refuses %j with the option, the value and what is expected', (argv, message) => {
    expect(() => parseOptions(argv, TABLE)).toThrow(UsageError);
    expect(() => parseOptions(argv, TABLE)).toThrow(message);
  });

  it('reads every whole number in its range and nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer().map(String), fc.string(), fc.double().map(String)), (value) => {
        const expected = /^[+-]?\d+$/.test(value) && Number(value) >= 1 && Number(value) <= 1000;
        const read = TABLE.steps.read(value);
        expect(read).toBe(expected ? Number(value) : undefined);
      }),
    );
  });

  it('asks for help wherever it stands', () => {
    expect(parseOptions(['x', '--help'], TABLE).help).toBe(true);
    expect(parseOptions(['-h'], TABLE).help).toBe(true);
    expect(parseOptions([], TABLE).help).toBe(false);
  });
});

describe('nearest', () => {
  it.each([
    ['one letter too many', '--seeds', ['--heads', '--seed'], '--seed'],
    ['two letters away', 'kiten', ['mitten'], 'mitten'],
    ['three letters away', 'kitten', ['sitting'], undefined],
    ['the first of equally near ones', 'ab', ['abc', 'abd'], 'abc'],
    ['nothing near', '--seeds', ['--out'], undefined],
    ['nothing known', 'ab', [], undefined],
  ])('%s', (_, name, known, expected) => {
    expect(nearest(name, known)).toBe(expected);
  });
});

describe('a learning rate', () => {
  const table = { seed: PRETRAIN_OPTIONS.seed, learningRate: PRETRAIN_OPTIONS.learningRate };

  it.each(['--learning-rate', '--lr'])('is given by %s', (name) => {
    const { values, given } = parseOptions([name, '0.25'], table);
    expect(values.learningRate).toBe(0.25);
    expect([...given]).toEqual(['learningRate']);
    expect(() => parseOptions([name, '2'], table)).toThrow(`${name} is "2", but must be a number over 0`);
  });

  it('stands in help once, with its short form', () => {
    const rows = helpText(PRETRAIN_HELP, 100).match(/^ {2}--(learning-rate|lr)\b.*$/gm);
    expect(rows).toEqual([expect.stringMatching(/^ {2}--learning-rate, --lr RATE {2,}peak learning rate/)]);
  });

  it('is lr in files, where it stood, and is read under both names', () => {
    const settings = { seed: 1, learningRate: 0.5, paths: ['a'] };
    const fields = toFields(table, settings);
    expect(JSON.stringify(fields)).toBe('{"seed":1,"lr":0.5,"paths":["a"]}');
    expect(JSON.stringify(fromFields(table, fields))).toBe(JSON.stringify(settings));
    expect(fromFields(table, settings)).toEqual(settings);
  });
});

describe('spotr pretrain --help', () => {
  const help = helpText(PRETRAIN_HELP, 100);

  it('explains every option there is, with its default, in 100 columns', () => {
    for (const name of Object.keys(PRETRAIN_OPTIONS)) {
      const dashed = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      expect(help).toMatch(new RegExp(`^  --${dashed}(, --\\S+)?( \\S+)?  `, 'm'));
    }
    expect(help).toContain(`(${PRETRAIN_OPTIONS.steps.fallback})`);
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('puts what a long example does below it', () => {
    const examples = [[`spotr probe ${'x'.repeat(60)}`, 'what it does']] as const;
    expect(helpText({ ...PRETRAIN_HELP, examples }, 100)).toContain(`${'x'.repeat(60)}\n      what it does`);
  });

  it('aligns the explanations', () => {
    const starts = help
      .split('\n')
      .flatMap((line) => /^ {2}--[\w-]+(, --[\w-]+)?( \S+)? +(?=\S)/.exec(line)?.[0].length ?? []);
    expect(starts.length).toBe(Object.keys(PRETRAIN_OPTIONS).length + 1);
    expect(new Set(starts).size).toBe(1);
  });

  it('gives examples that parse', () => {
    for (const [line] of PRETRAIN_HELP.examples) {
      const argv = line.split(' ').slice(2);
      expect(() => parseOptions(argv, PRETRAIN_OPTIONS), line).not.toThrow();
    }
  });
});

describe('settingsOf', () => {
  const settings = (...argv: string[]) => {
    const { values, given, positionals } = parseOptions(argv, PRETRAIN_OPTIONS);
    return settingsOf(values, given, positionals);
  };

  it('takes the recipe that fits the size, and from it what is not given', () => {
    expect(settings('--size', 'base')).toMatchObject({
      recipe: 'paper',
      learningRate: 2e-4,
      positionInit: 'zeros',
      weightInit: 'paper',
      auxiliary: [],
      dense: false,
    });
    expect(settings('--recipe', 'paper')).toMatchObject({
      recipe: 'paper',
      learningRate: 2e-3,
      auxiliary: [],
    });
    for (const size of ['tiny', 'small'] as const) {
      const { learningRate, ...recipe } = recipeOf('quick', size, 'generated');
      expect(settings('--size', size)).toMatchObject({ recipe: 'quick', learningRate, ...recipe });
      expect(recipe.positionInit).toBe('normal');
    }
    expect(settings('--lr', '0.01', '--position-init', 'zeros', '--auxiliary', 'linear:0.5')).toMatchObject({
      recipe: 'quick',
      learningRate: 0.01,
      positionInit: 'zeros',
      auxiliary: [{ name: 'linear', weight: 0.5 }],
    });
    expect(settings('--auxiliary', 'none').auxiliary).toEqual([]);
    expect(settings().auxiliary).toEqual([{ name: 'linear', weight: 1 }]);
    expect(settings('a.edf').auxiliary.map(({ name }) => name)).toEqual([
      'spectrum',
      'autocorrelation',
      'linear',
    ]);
    // What is the paper's value is still what was given.
    expect(settings('--recipe', 'quick', '--size', 'base', '--stride', '1', 'a.edf').dense).toBe(false);
    expect(settings('--recipe', 'quick', '--size', 'base', 'a.edf').dense).toBe(true);
    expect(settings().dense).toBe(false);
    expect(settings('--out', 'x')).not.toHaveProperty('out');
  });

  it('takes windows one after the other, of which the last is measured', () => {
    expect(settings('--windows', '1,3,10')).toMatchObject({
      window: 10,
      windows: [
        { seconds: 1, share: 1 },
        { seconds: 3, share: 1 },
        { seconds: 10, share: 1 },
      ],
    });
    expect(settings('--windows', '1:0.35, 2.945:0.65').windows).toEqual([
      { seconds: 1, share: 0.35 },
      { seconds: 2.945, share: 0.65 },
    ]);
    expect(() => settings('--window', '1', '--windows', '1,2')).toThrow(/--window and --windows exclude/);
    // Shares and weights at their limits.
    expect(settings('--windows', '1:1e-6,2:1e6').windows?.map(({ share }) => share)).toEqual([1e-6, 1e6]);
    expect(settings('--auxiliary', 'linear:1e-6,spectrum:1e6').auxiliary).toMatchObject([
      { weight: 1e-6 },
      { weight: 1e6 },
    ]);
  });

  it.each([
    ['--windows', '1,,3'],
    ['--windows', '1:0,3'],
    ['--windows', '1:2:3'],
    ['--windows', '65'],
    ['--windows', 'NaN'],
    ['--windows', '1,1.0315'],
    ['--window', '0.0123'],
    ['--window', '1e-9'],
    ['--auxiliary', 'spectrum,spectrum'],
    ['--windows', '1:9e-7,2'],
    ['--windows', '1,2:1000001'],
    ['--auxiliary', 'spectrum:0'],
    ['--auxiliary', 'spectrum:9e-7'],
    ['--auxiliary', 'linear:1000001'],
    ['--auxiliary', 'linear:NaN'],
    ['--auxiliary', 'linear:-1'],
    ['--auxiliary', 'none,linear'],
    ['--auxiliary', 'spektrum'],
  ])('refuses %s %s', (option, value) => {
    expect(() => settings(option, value)).toThrow(new RegExp(`${option} is "${value}", but must be`));
  });

  it('comes back from config.json as it went in', () => {
    const kept = JSON.parse(
      JSON.stringify(settings('--windows', '1:0.5,3', '--auxiliary', 'linear:0.5,spectrum')),
    );
    for (const name of ['windows', 'auxiliary'] as const)
      expect(readKept(PRETRAIN_OPTIONS[name] as Option<unknown>, kept[name])).toEqual(kept[name]);
    expect(readKept(PRETRAIN_OPTIONS.auxiliary as Option<unknown>, [])).toEqual([]);
  });
});
