/** The folder that a run leaves behind: made before anything else, so that a run cannot end with nowhere to go. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { CommandError, UsageError } from '../errors.ts';
import { appendText, FileGroup, makeFolders, readBytes, writeAtomically } from '../files.ts';

/** Names inside the folder. */
export const RUN_FILES = {
  config: 'config.json',
  metrics: 'metrics.jsonl',
  summary: 'summary.json',
  encoder: 'encoder.safetensors',
  decoder: 'decoder.safetensors',
  optimizer: 'optimizer.safetensors',
  state: 'state.json',
  loss: 'loss.svg',
  report: 'report.html',
  result: 'result.json',
  classifier: 'classifier.safetensors',
} as const;

const RECONSTRUCTION = /^reconstruction-[\w-]+\.svg$/;

/** The folder of runs without --out. */
const HOME = 'runs';

export type RunMode = 'new' | 'overwrite' | 'resume';

export interface RunFolderOptions {
  /** First part of a default name: `pretrain` makes `runs/pretrain-1`, and so on. */
  readonly verb: string;
  readonly out?: string | undefined;
  readonly mode: RunMode;
  /** Whether the verb has --resume, for what is said of a folder that is not empty. */
  readonly resumable?: boolean;
}

/** One run's files. Nothing of an older run is touched before `begin`. */
export class RunFolder {
  readonly path: string;
  readonly mode: RunMode;
  /** Folders that this run made, innermost first. */
  readonly #made: readonly string[];
  #begun = false;

  private constructor(path: string, mode: RunMode, made: readonly string[]) {
    this.path = path;
    this.mode = mode;
    this.#made = made;
  }

  /** Makes or finds the folder. Throws a CommandError where it cannot be written, or holds what must not be lost. */
  static open({ verb, out, mode, resumable = true }: RunFolderOptions): RunFolder {
    if (mode === 'resume') return RunFolder.#existing(out ?? lastRun(verb), verb);
    if (out === undefined) return RunFolder.#numbered(verb);
    const made = makeFolder(out);
    if (mode === 'new' && readdirSync(out).length > 0) {
      const resume = resumable ? ' continue its run with --resume,' : '';
      throw new CommandError(
        `The folder "${out}" is not empty; choose another --out,${resume} or replace what is there with --overwrite.`,
      );
    }
    return new RunFolder(out, mode, made);
  }

  /** A run that is only looked at. */
  static toRead(path: string): RunFolder {
    return new RunFolder(path, 'resume', []);
  }

  static #existing(path: string, verb: string): RunFolder {
    if (!existsSync(join(path, RUN_FILES.config))) {
      throw new CommandError(
        `There is no run in "${path}" to resume (it has no ${RUN_FILES.config}); give the folder of a run: spotr ${verb} --resume --out DIR.`,
      );
    }
    requireWritable(path);
    return new RunFolder(path, 'resume', []);
  }

  /** The first number that nobody has taken; making the folder is what takes it. */
  static #numbered(verb: string): RunFolder {
    const home = makeFolder(HOME);
    for (let number = (numbersOf(verb).at(-1) ?? 0) + 1; ; number++) {
      const path = join(HOME, `${verb}-${number}`);
      try {
        mkdirSync(path);
        return new RunFolder(path, 'new', [path, ...home]);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw cannotWrite(path, error);
      }
    }
  }

  /** The run starts to write: what an older run left goes, and so does the outcome of the run that is continued. */
  begin(): void {
    this.#begun = true;
    const kept = new Set<string>(
      this.mode === 'resume' ? [RUN_FILES.config, RUN_FILES.metrics, ...CHECKPOINT_FILES] : [],
    );
    for (const name of this.#ownFiles()) if (!kept.has(name)) rmSync(this.file(name));
  }

  /** Whether the run has something of its own to show. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Takes the folders back that were made for a run which ended before it began; what a run has written stays. */
  discard(): void {
    if (this.mode === 'resume' || this.#begun) return;
    // Only what is empty goes: a folder in which somebody else has written meanwhile stays.
    for (const folder of this.#made) if (readdirSync(folder).length === 0) rmdirSync(folder);
  }

  /** Names of the pictures of windows, in the order of the alphabet. */
  get reconstructions(): string[] {
    return readdirSync(this.path)
      .filter((name) => RECONSTRUCTION.test(name))
      .sort();
  }

  file(name: string): string {
    return join(this.path, name);
  }

  has(name: string): boolean {
    return existsSync(this.file(name));
  }

  write(name: string, content: string | Uint8Array): void {
    writeAtomically(this.file(name), content);
  }

  append(name: string, line: string): void {
    appendText(this.file(name), `${line}\n`);
  }

  read(name: string): Uint8Array {
    return readBytes(this.file(name));
  }

  /** The files of a checkpoint: replaced all together or not at all, even if the process is killed in between. */
  get checkpoint(): FileGroup {
    return new FileGroup(this.path, CHECKPOINT_FILES);
  }

  #ownFiles(): string[] {
    const own = new Set<string>(Object.values(RUN_FILES));
    return readdirSync(this.path).filter((name) => {
      const plain = name.replace(/\.partial$/, '');
      return own.has(plain) || RECONSTRUCTION.test(plain);
    });
  }
}

/** The last one says that the others are whole. */
const CHECKPOINT_FILES = [
  RUN_FILES.encoder,
  RUN_FILES.decoder,
  RUN_FILES.optimizer,
  RUN_FILES.state,
] as const;

/** Makes a folder and those above it. Returns those that were not there, innermost first. */
function makeFolder(path: string): string[] {
  let made: string[] = [];
  try {
    made = makeFolders(path);
    requireWritable(path);
  } catch (error) {
    for (const folder of made) rmdirSync(folder);
    throw error instanceof CommandError ? error : cannotWrite(path, error);
  }
  return made;
}

function requireWritable(path: string): void {
  try {
    if (!statSync(path).isDirectory()) throw new Error('it is a file');
    accessSync(path, constants.W_OK | constants.X_OK);
    // The mode bits say nothing of quotas, foreign file systems and the like: only writing does.
    const probe = join(path, `.write-test-${process.pid}`);
    writeAtomically(probe, '');
    unlinkSync(probe);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

function cannotWrite(path: string, cause: unknown): CommandError {
  const why = cause instanceof Error ? cause.message.replace(/, \w+ '.*$/, '') : String(cause);
  return new CommandError(`The folder "${path}" cannot be written (${why}); choose another with --out.`, {
    cause,
  });
}

function numbersOf(verb: string): number[] {
  const names = existsSync(HOME) ? readdirSync(HOME) : [];
  return names
    .flatMap((name) => (name.startsWith(`${verb}-`) ? [Number(name.slice(verb.length + 1))] : []))
    .filter((number) => Number.isSafeInteger(number) && number > 0)
    .sort((a, b) => a - b);
}

function lastRun(verb: string): string {
  const number = numbersOf(verb).at(-1);
  if (number === undefined) {
    throw new CommandError(`There is no run in "${HOME}" to resume; name one with --out DIR.`);
  }
  return join(HOME, `${verb}-${number}`);
}

/** The folder that a verb of one run is given. @throws UsageError for none and for several; `usage` says how it is written. */
export function oneRun(verb: string, positionals: readonly string[], usage: string): string {
  const [run, further] = positionals;
  if (run !== undefined && further === undefined) return run;
  throw new UsageError(`${verb} takes the folder of one run, but got ${positionals.length}; write ${usage}.`);
}
