import { SpotrError } from '../base/errors.ts';
import { CheckpointError } from '../checkpoint/errors.ts';
import { EngineError, HalfError, TuningError } from '../engine/errors.ts';
import { ModelError } from '../model/errors.ts';
import { remedyFor } from '../workflows/remedy.ts';
import { UsageError } from './common/errors.ts';
import { nearest } from './common/options.ts';
import { print, printError } from './common/terminal.ts';
import { definitionList, nearPaths, onOneLine } from './common/text.ts';
import { version } from './common/version.ts';

export interface Verb {
  readonly summary: string;
  /** Runs the verb and returns the exit code. Loaded only when asked for, so that --help is quick. */
  readonly load: () => Promise<(argv: readonly string[]) => Promise<number>>;
}

/** One file a verb; adding one adds a line here. */
const VERBS: Readonly<Record<string, Verb>> = {
  pretrain: {
    summary: 'pretrain SPOTR on recordings, or on synthetic signals where none are named',
    load: async () => (await import('./pretrain.ts')).pretrain,
  },
  data: {
    summary: 'list, split and label recordings: manifests for the other commands',
    load: async () => (await import('./data.ts')).data,
  },
  embed: {
    summary: 'turn windows of recordings into embeddings with a trained encoder',
    load: async () => (await import('./embed.ts')).embed,
  },
  merge: {
    summary: 'check that the parts of a sharded embed are complete and belong together',
    load: async () => (await import('./merge.ts')).merge,
  },
  probe: {
    summary: 'measure how well a trained encoder predicts labels, beside baselines',
    load: async () => (await import('./probe.ts')).probe,
  },
  fewshot: {
    summary: 'the same with only a few labelled windows of each class',
    load: async () => (await import('./fewshot.ts')).fewshot,
  },
  finetune: {
    summary: 'fine-tune all weights of an encoder on labels',
    load: async () => (await import('./finetune.ts')).finetune,
  },
  reconstruct: {
    summary: 'reconstruct recordings from the one token, and measure the error',
    load: async () => (await import('./reconstruct.ts')).reconstruct,
  },
  explore: {
    summary: 'draw a map of embeddings or recordings, as one page that opens offline',
    load: async () => (await import('./explore.ts')).explore,
  },
  report: {
    summary: 'write the report of a run, as one page that opens offline',
    load: async () => (await import('./report.ts')).report,
  },
  inspect: {
    summary: 'show what a checkpoint contains, whichever program wrote it',
    load: async () => (await import('./inspect.ts')).inspect,
  },
  convert: {
    summary: "convert weights to PyTorch's format and back",
    load: async () => (await import('./convert.ts')).convert,
  },
  publish: {
    summary: 'prepare a finished run for publishing: weights, facts about training, a model card',
    load: async () => (await import('./publish.ts')).publish,
  },
  weights: {
    summary: 'list, fetch, verify and remove weights: those that ship with spotr, and those of a model hub',
    load: async () => (await import('./weights.ts')).weights,
  },
  doctor: {
    summary: 'show which WebGPU adapter is used here, and why',
    load: async () => (await import('./doctor.ts')).doctor,
  },
};

/** Runs a whole command line. Returns the exit code; errors have been printed on standard error. */
export async function command(argv: readonly string[], verbs = VERBS): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    print(overview(verbs));
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    print(version());
    return 0;
  }
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (!verb) {
    const near = nearest(name, Object.keys(verbs));
    const fix = near ? `did you mean ${near}?` : `known are ${Object.keys(verbs).join(', ')}.`;
    printError(`spotr: there is no command "${name}"; ${fix}`);
    return 2;
  }
  try {
    return await (await verb.load())(rest);
  } catch (error) {
    return explain(name, error);
  }
}

/** An expected error is printed as one sentence; any other is a bug and is printed with its stack. */
function explain(verb: string, error: unknown): number {
  if (error instanceof SpotrError) {
    const hint = hintFor(verb, error);
    const message = nearPaths(error.message);
    // Weights and kernels come with lists of lines; others may hold names and fields of files, which must not forge a line.
    const hasLines = [EngineError, ModelError, CheckpointError].some((kind) => error instanceof kind);
    printError(`spotr ${verb}: ${hasLines ? message : onOneLine(message)}${hint}`);
    return error instanceof UsageError ? 2 : 1;
  }
  printError(error instanceof Error ? (error.stack ?? error.message) : String(error));
  printError(
    `spotr ${verb}: this is a bug in spotr ${version()}; please report it with the lines above and the command.`,
  );
  return 70;
}

/** What an option or another command does about it, in the words of the command line. */
function hintFor(verb: string, error: SpotrError): string {
  if (error instanceof UsageError) return ` (spotr ${verb} --help lists the options)`;
  if (error instanceof HalfError) return ' Give --precision f32, or another --adapter.';
  if (error instanceof TuningError) return ' "spotr doctor --forget" removes it.';
  const remedy = remedyFor(error);
  return remedy === null ? '' : ` ${remedy}`;
}

function overview(verbs: Readonly<Record<string, Verb>>): string {
  return [
    'spotr: a self-supervised model of physiological signals, on WebGPU',
    '',
    'Usage: spotr COMMAND [options]',
    '',
    'Commands',
    ...definitionList(
      Object.entries(verbs).map(([name, { summary }]) => [name, summary]),
      13,
      100,
    ),
    '',
    'spotr COMMAND --help explains a command, spotr --version prints the version.',
    'Research use, not a medical device.',
  ].join('\n');
}
