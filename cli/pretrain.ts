import { resolve } from 'node:path';
import { UsageError } from './common/errors.ts';
import { INTERRUPTED, onInterrupt } from './common/interrupt.ts';
import { dashed, helpText, type Parsed, parseOptions } from './common/options.ts';
import { isSynthetic } from './common/recordings/synthetic.ts';
import type { RunMode } from './common/run/run-folder.ts';
import { outcomeTable } from './common/run/summary.ts';
import { print, printError, printRows } from './common/terminal.ts';
import { columns, table, wrap } from './common/text.ts';
import { PRETRAIN_HELP, PRETRAIN_OPTIONS, settingsOf } from './common/training/options.ts';
import { wholeWord } from './common/weights/resolve.ts';
import { ComparisonProgress, Progress } from './pretrain/progress.ts';
import { type RunObserver, type RunResult, runPretraining, SILENT } from './pretrain/run.ts';

type Command = Parsed<typeof PRETRAIN_OPTIONS>;

/** Trains SPOTR. Returns the exit code: 0, or 130 where the run was interrupted (and saved). */
export async function pretrain(argv: readonly string[]): Promise<number> {
  const command = parseOptions(argv, PRETRAIN_OPTIONS);
  if (command.help) {
    print(helpText(PRETRAIN_HELP, columns()));
    return 0;
  }
  const { values, given, positionals } = command;
  const mode = modeOf(command);
  requireFiles(command, mode);
  const interrupt = onInterrupt(() => {
    printError('\nStopping after this step; press Ctrl-C again to stop at once, without saving.');
  });
  try {
    const result = await runPretraining({
      settings: settingsOf(
        { ...values, ...(values.from !== undefined && { from: wholeWord(values.from) }) },
        given,
        // What is generated lies in no folder.
        positionals.map((path) => (isSynthetic(path) ? path : resolve(path))),
      ),
      given,
      out: values.out,
      mode,
      adapter: values.adapter,
      offline: values.offline,
      signal: interrupt.signal,
      observer: values.quiet ? SILENT : observer(),
    });
    for (const line of result.outcomes ? finished(result) : interrupted(result)) print(line);
    return result.outcomes ? 0 : INTERRUPTED;
  } finally {
    interrupt.dispose();
  }
}

function modeOf({ values }: Command): RunMode {
  const { resume, overwrite, out } = values;
  if (resume && overwrite)
    throw new UsageError('--resume and --overwrite exclude each other; give one of them.');
  if (overwrite && out === undefined) {
    throw new UsageError('--overwrite needs --out DIR, the folder of the run to replace.');
  }
  return resume ? 'resume' : overwrite ? 'overwrite' : 'new';
}

/** Options that mean nothing for generated signals would be taken in silence otherwise. */
function requireFiles({ given, positionals }: Command, mode: RunMode): void {
  if (positionals.length > 0 || mode === 'resume') return;
  const lost = (
    [
      'mains',
      'bandPass',
      'detrend',
      'units',
      'rate',
      'channels',
      'stride',
      'heldOut',
      'draw',
      'memory',
    ] as const
  ).find((name) => given.has(name));
  if (lost)
    throw new UsageError(`${dashed(lost)} is for recordings, but no file or folder is named; add one.`);
}

const LABEL_WIDTH = 14;

function observer(): RunObserver {
  let progress: Progress | undefined;
  let comparison: ComparisonProgress | undefined;
  return {
    rows(rows) {
      printRows(rows, LABEL_WIDTH);
    },
    training(steps) {
      print('');
      progress = new Progress(process.stdout, steps);
    },
    step: (record) => progress?.add(record),
    trained: () => progress?.dispose(),
    comparing: (part) => {
      comparison ??= new ComparisonProgress(process.stdout);
      comparison.show(part);
    },
    compared: () => comparison?.dispose(),
  };
}

function finished({ path, outcomes, settings }: RunResult): string[] {
  const { headings, rows, notes, findings } = outcomeTable(outcomes ?? new Map(), settings);
  const left = `The weights, the numbers and the pictures are in ${path}; report.html there shows them.`;
  const paragraphs = [...notes, ...findings, left].map((text) => wrap(text, columns() - 2));
  return [
    '',
    ...table(headings, rows).map((line) => `  ${line}`),
    '',
    ...paragraphs.flat().map((line) => `  ${line}`),
  ];
}

function interrupted({ path, step, steps }: RunResult): string[] {
  if (step === 0) return ['', 'Interrupted before the first step; nothing was written.'];
  const folder = /^[\w./-]+$/.test(path) ? path : `"${path}"`;
  return [
    '',
    `Interrupted after step ${step} of ${steps}; everything is saved. To resume:`,
    `  npx spotr pretrain --resume --out ${folder}`,
  ];
}
