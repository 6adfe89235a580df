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
    summary: 'train SPOTR on recordings, or on synthetic signals where none are named',
    load: async () => (await import('./pretrain.ts')).pretrain,
  },
  data: {
    summary: 'list recordings, divide them by subject, label them: manifests for the other commands',
    load: async () => (await import('./data.ts')).data,
  },
  embed: {
    summary: 'turn windows of recordings into vectors with a trained encoder',
    load: async () => (await import('./embed.ts')).embed,
  },
  merge: {
    summary: 'check that the parts of a sharded embed are all there and go together',
    load: async () => (await import('./merge.ts')).merge,
  },
  probe: {
    summary: 'what a trained encoder knows of labels, beside what it has to beat',
    load: async () => (await import('./probe.ts')).probe,
  },
  fewshot: {
    summary: 'the same from a few labelled windows of each class',
    load: async () => (await import('./fewshot.ts')).fewshot,
  },
  finetune: {
    summary: 'train all weights of an encoder for labels',
    load: async () => (await import('./finetune.ts')).finetune,
  },
  reconstruct: {
    summary: 'what of a recording comes back through the one token, and how much of it',
    load: async () => (await import('./reconstruct.ts')).reconstruct,
  },
  explore: {
    summary: 'a map of windows as one page that opens offline: of embeddings, or of recordings',
    load: async () => (await import('./explore.ts')).explore,
  },
  report: {
    summary: 'one page of any run, to be read offline',
    load: async () => (await import('./report.ts')).report,
  },
  inspect: {
    summary: 'what a checkpoint holds, whichever program wrote it',
    load: async () => (await import('./inspect.ts')).inspect,
  },
  convert: {
    summary: "weights to PyTorch's format and back",
    load: async () => (await import('./convert.ts')).convert,
  },
  publish: {
    summary: 'a folder of a finished run to give away: weights, what they were trained on, a model card',
    load: async () => (await import('./publish.ts')).publish,
  },
  weights: {
    summary: 'weights that ship with spotr, and those of a model hub: list, fetch, verify, remove',
    load: async () => (await import('./weights.ts')).weights,
  },
  doctor: {
    summary: 'which WebGPU adapter would be used here, and why',
    load: async () => (await import('./doctor.ts')).doctor,
  },
};

/** Runs a whole command line. Returns the exit code; whatever went wrong has been said on standard error. */
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

/** What was foreseen gets its one sentence; anything else is a fault of ours and shows where it is. */
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
    `spotr ${verb}: this is a fault in spotr ${version()}; please report it with the lines above and the command.`,
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
    'spotr COMMAND --help explains a command, spotr --version says which version this is.',
    'Research use, not a medical device.',
  ].join('\n');
}
