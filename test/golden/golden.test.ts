import { afterAll, describe, expect, it } from 'vitest';
import { testEngine } from '../support/engine.ts';
import { CaseReport, type Deviations } from './compare.ts';
import { filesOf, type GoldenFolder, goldenFolders } from './folders.ts';
import { hasFile, readGolden, readJson } from './golden-file.ts';
import { ModuleCase } from './module-case.ts';
import { kindOf, OPTIMIZER, runsOf } from './module-kinds.ts';
import { runOptimizer } from './optimizer-case.ts';
import { reportTable } from './table.ts';

const reports: CaseReport[] = [];

afterAll(() => {
  console.log(['', ...reportTable(reports), ''].join('\n'));
});

/** Runs one case and fails with every check that missed its tolerance. */
async function judge(
  name: string,
  deviations: Deviations[string],
  run: (report: CaseReport) => Promise<void>,
) {
  const report = new CaseReport(name, deviations);
  reports.push(report);
  await run(report);
  expect(report.checks.length, 'nothing was checked').toBeGreaterThan(0);
  const lines = report.failures.map(
    ({ tensor, error, tolerance }) => `${tensor}: relative error ${error}, allowed ${tolerance}`,
  );
  expect(lines).toEqual([]);
}

function modules(folder: GoldenFolder, deviations: Deviations): void {
  it.each(filesOf(folder, 'modules'))('%s', async (stem) => {
    const engine = await testEngine();
    const file = readGolden(folder, 'modules', stem);
    const of = deviations[file.name] ?? {};
    const kind = kindOf(stem);
    if (!kind)
      throw new Error(`${file.name} is of no kind that this suite knows; teach it in module-kinds.ts.`);
    const name = `${folder.label} modules/${stem}`.trim();
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

describe.each(goldenFolders().map((folder) => [folder.label || folder.path, folder] as const))(
  'reference values, %s',
  (_, folder) => {
    const deviations = hasFile(folder, 'deviations.json')
      ? readJson<Deviations>(folder, 'deviations.json')
      : {};
    describe('modules', () => modules(folder, deviations));
  },
);
