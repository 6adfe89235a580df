import { afterAll, describe, expect, it } from 'vitest';
import type { Precision } from '../../model/index.ts';
import { testEngine } from '../support/engine.ts';
import { hasHalf } from '../support/half.ts';
import { checkpointFamily } from './checkpoint-family.ts';
import { CaseReport, type Deviations, type Samples } from './compare.ts';
import { filesOf, type GoldenFolder, goldenFolders, subfolders } from './folders.ts';
import {
  checkGenerated,
  type GeneratedWeight,
  generateWeights,
  hash24,
  uniform,
} from './generated-weights.ts';
import { hasFile, readGolden, readJson } from './golden-file.ts';
import { type GradientSamples, runVariant, variantsOf } from './models.ts';
import { ModuleCase } from './module-case.ts';
import { kindOf, OPTIMIZER, runsOf } from './module-kinds.ts';
import { runOptimizer } from './optimizer-case.ts';
import { reportTable } from './table.ts';
import { runTrace, traceOf } from './train.ts';

const PRECISIONS: readonly Precision[] = (await hasHalf('whole models stored as f16'))
  ? ['f32', 'f16']
  : ['f32'];

const reports: CaseReport[] = [];

afterAll(() => {
  console.log(['', ...reportTable(reports), ''].join('\n'));
});

/** Runs one case and fails with every check that missed its tolerance. */
async function judge(
  name: string,
  deviations: Deviations[string],
  run: (report: CaseReport) => Promise<void>,
  precision: Precision = 'f32',
) {
  const report = new CaseReport(
    precision === 'f32' ? name : `${name} stored as ${precision}`,
    deviations,
    precision,
  );
  reports.push(report);
  await run(report);
  expect(report.checks.length, 'nothing was checked').toBeGreaterThan(0);
  const lines = report.failures.map(
    ({ tensor, error, tolerance }) => `${tensor}: relative error ${error}, allowed ${tolerance}`,
  );
  expect(lines).toEqual([]);
}

const nameOf = ({ label }: GoldenFolder, name: string) => `${label} ${name}`.trim();

function modules(folder: GoldenFolder, deviations: Deviations): void {
  it.each(filesOf(folder, 'modules'))('%s', async (stem) => {
    const engine = await testEngine();
    const file = readGolden(folder, 'modules', stem);
    const of = deviations[file.name] ?? {};
    const kind = kindOf(stem);
    if (!kind)
      throw new Error(`${file.name} is of no kind that this suite knows; teach it in module-kinds.ts.`);
    const name = nameOf(folder, `modules/${stem}`);
    if (kind === OPTIMIZER) {
      await judge(name, of, (report) => runOptimizer(engine, file, report));
      return;
    }
    for (const [label, run] of runsOf(kind, new ModuleCase(engine, file))) {
      await judge(`${name} ${label}`.trim(), of, async (report) => {
        using _scope = engine.scope();
        const golden = new ModuleCase(engine, file);
        await golden.compare(run(golden), report);
        golden.dispose();
      });
    }
  });
}

function models(folder: GoldenFolder, deviations: Deviations): void {
  const stems = filesOf(folder, 'models');
  const ending = '_weights';
  const owners = stems.filter((stem) => stem.endsWith(ending)).map((stem) => stem.slice(0, -ending.length));
  const cases = stems.filter((stem) => !stem.endsWith(ending));
  const runs = PRECISIONS.flatMap((precision) => cases.map((stem) => [stem, precision] as const));
  it.each(runs)('%s stored as %s', async (stem, precision) => {
    const engine = await testEngine();
    const owner = owners.filter((name) => stem.startsWith(`${name}_`)).sort((a, b) => b.length - a.length)[0];
    if (!owner) throw new Error(`models/${stem}: there are no weights for it, only of ${owners.join(', ')}.`);
    const file = readGolden(folder, 'models', stem);
    const { tensors: weights } = readGolden(folder, 'models', owner + ending);
    const json = `models/${stem}.grads.json`;
    const samples = hasFile(folder, json)
      ? readJson<Record<string, GradientSamples>>(folder, json)
      : undefined;
    for (const variant of variantsOf(file)) {
      await judge(
        nameOf(folder, `models/${stem} ${variant}`),
        deviations[file.name] ?? {},
        (report) => runVariant(engine, file, weights, variant, samples?.[variant], report, precision),
        precision,
      );
    }
  });
}

function train(folder: GoldenFolder, deviations: Deviations): void {
  const stems = filesOf(folder, 'train');
  const traces = stems.filter((stem) => !/_(batches|init)$/.test(stem));
  it.each(traces)('%s', async (stem) => {
    const engine = await testEngine();
    const file = readGolden(folder, 'train', stem);
    const { shared } = traceOf(file);
    const batches = readGolden(folder, 'train', `${shared}_batches`);
    const initial = stems.includes(`${shared}_init`)
      ? readGolden(folder, 'train', `${shared}_init`)
      : readGolden(folder, 'models', `${shared}_weights`);
    const json = `train/${stem}.final.json`;
    const final = hasFile(folder, json) ? readJson<Record<string, Samples>>(folder, json) : undefined;
    await judge(nameOf(folder, `train/${stem}`), deviations[file.name] ?? {}, (report) =>
      runTrace(engine, { file, batches, initial, final }, report),
    );
  });
}

/** A base model takes half a minute a variant on a software adapter, more where other tests run. */
const FULL_SIZE_TIMEOUT = 600_000;

interface FullSize {
  readonly weights: readonly GeneratedWeight[];
  readonly n_params: Readonly<Record<string, number>>;
  readonly grads: Readonly<Record<string, GradientSamples>>;
}

function fullSize(folder: GoldenFolder, deviations: Deviations): void {
  if (hasFile(folder, 'default/hash_check.json')) {
    it('the hash that the weights come from', () => {
      const { cases } = readJson<{ cases: { seed: number; v: number[]; h24: number[] }[] }>(
        folder,
        'default/hash_check.json',
      );
      expect(cases.length).toBeGreaterThan(0);
      for (const { seed, v, h24 } of cases) {
        expect(h24.map((_, i) => hash24(seed, i))).toEqual(h24);
        expect(v.map((_, i) => uniform(seed, i))).toEqual(v);
      }
    });
  }
  it.each(filesOf(folder, 'default'))(
    '%s',
    async (stem) => {
      const engine = await testEngine();
      const file = readGolden(folder, 'default', stem);
      const { weights: list, n_params: counts, grads } = readJson<FullSize>(folder, `default/${stem}.json`);
      const weights = generateWeights(list);
      for (const variant of variantsOf(file)) {
        await judge(
          nameOf(folder, `default/${stem} ${variant}`),
          deviations[file.name] ?? {},
          async (report) => {
            checkGenerated(list, weights, counts, report);
            await runVariant(engine, file, weights, variant, grads[variant], report);
          },
        );
      }
    },
    FULL_SIZE_TIMEOUT,
  );
}

describe.each(goldenFolders().map((folder) => [folder.label || folder.path, folder] as const))(
  'reference values, %s',
  (_, folder) => {
    const deviations = hasFile(folder, 'deviations.json')
      ? readJson<Deviations>(folder, 'deviations.json')
      : {};
    const families = Object.entries({ modules, models, train, default: fullSize, ckpt: checkpointFamily });
    const present = families.filter(([family]) => filesOf(folder, family, '').length > 0);
    it('has cases, and only of families that are checked', () => {
      expect(present).not.toEqual([]);
      const known = new Set(families.map(([family]) => family));
      expect(subfolders(folder).filter((name) => !known.has(name))).toEqual([]);
    });
    for (const [family, check] of present) describe(family, () => check(folder, deviations, judge));
  },
);
