import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CommandError } from './common/errors.ts';
import { sha256Of, writeAtomically } from './common/files.ts';
import { resultPage } from './common/labelled/page.ts';
import { readWholeResult } from './common/labelled/result-file.ts';
import { flag, helpText, parseOptions, text, type VerbHelp } from './common/options.ts';
import { NUMBERS as RECONSTRUCTION, reconstructionPage } from './common/reconstruction-page.ts';
import { readConfig } from './common/run/config.ts';
import { readRecords } from './common/run/metrics.ts';
import { pretrainPage } from './common/run/page.ts';
import { oneRun, RUN_FILES, RunFolder } from './common/run/run-folder.ts';
import { readSummary } from './common/run/summary.ts';
import { print } from './common/terminal.ts';
import { columns, nearPaths } from './common/text.ts';

const OPTIONS = {
  out: text({
    value: 'FILE',
    fallback: undefined,
    help: "the page to write; by default report.html in the run's folder",
  }),
  overwrite: flag('replace the file of --out; the report in the folder of the run is always replaced'),
};

const HELP: VerbHelp = {
  verb: 'report',
  positionals: 'RUN',
  summary:
    'Writes the report of a run, finished or not, as one self-contained HTML page: curves, reconstructions, tables, confusion and ROC curves, settings, hardware, seed, hashes. Nothing is loaded from the network.',
  sections: { Options: OPTIONS },
  examples: [
    ['spotr report runs/pretrain-1', 'writes runs/pretrain-1/report.html'],
    ['spotr report runs/probe-1 --out probe.html', 'beside the run'],
  ],
};

/** Writes the page of a run. Returns the exit code. */
export async function report(argv: readonly string[]): Promise<number> {
  const { values, positionals, help } = parseOptions(argv, OPTIONS);
  if (help) {
    print(helpText(HELP, columns()));
    return 0;
  }
  const run = oneRun('report', positionals, 'spotr report runs/NAME');
  if (!statSync(run, { throwIfNoEntry: false })?.isDirectory())
    throw new CommandError(`"${run}" is not a folder; give that of a run, such as runs/pretrain-1.`);
  const out = values.out ?? join(run, RUN_FILES.report);
  if (values.out !== undefined && existsSync(out) && !values.overwrite)
    throw new CommandError(`"${out}" already exists; give another --out, or --overwrite to replace it.`);
  const page = pageOf(run);
  writeAtomically(out, page);
  print(`  ${nearPaths(resolve(out))}`);
  return 0;
}

/** By what is there. */
function pageOf(run: string): string {
  const has = (name: string) => existsSync(join(run, name));
  if (has(RUN_FILES.result)) return resultPage(readWholeResult(run));
  if (has(RUN_FILES.config)) return pageOfPretraining(RunFolder.toRead(run));
  if (has(RECONSTRUCTION)) return reconstructionPage(run);
  throw new CommandError(
    `"${run}" contains no run: it has neither ${RUN_FILES.config} (pretrain), ${RUN_FILES.result} (probe, fewshot, finetune) nor ${RECONSTRUCTION} (reconstruct).`,
  );
}

function pageOfPretraining(folder: RunFolder): string {
  const text = (name: string) => new TextDecoder().decode(folder.read(name));
  const weights = [RUN_FILES.encoder, RUN_FILES.decoder].filter((name) => folder.has(name));
  return pretrainPage({
    config: readConfig(folder),
    records: readRecords(folder, Number.POSITIVE_INFINITY),
    summary: folder.has(RUN_FILES.summary) ? readSummary(folder) : undefined,
    reconstructions: folder.reconstructions.map(text),
    hashes: weights.map((name) => [name, sha256Of(folder.read(name))]),
  });
}
