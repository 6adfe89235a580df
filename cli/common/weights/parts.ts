/** Which of several files holds the encoder, and which the decoder: identified by the tensors, whatever the files are called. */
import {
  CheckpointError,
  findConfig,
  type Part,
  partMisfits,
  peekTensors,
  type RandomAccess,
} from '../../../checkpoint/index.ts';
import { CommandError } from '../errors.ts';
import { fewFiles } from '../text.ts';

export interface Held {
  readonly part: Part;
  /** Whether all tensors of the part are there. */
  readonly whole: boolean;
}

export interface Candidate {
  /** A path within the folder or the repository. */
  readonly name: string;
  readonly held: readonly Held[];
  /** Why nothing is known of it, where it is no checkpoint. */
  readonly problem?: string;
}

/** Files that may be weights; their bytes show what they are. */
export const mayBeWeights = (name: string): boolean =>
  /\.(safetensors|pt|pth|bin)$/i.test(name) && !/(^|\/)\./.test(name);

/** What a checkpoint holds. One that cannot be read becomes a candidate that holds nothing, with the reason. */
export async function candidateOf(source: RandomAccess, name: string): Promise<Candidate> {
  try {
    const all = await peekTensors(source, name);
    const tensors = all.filter((tensor) => !tensor.name.startsWith('classification_head.'));
    const found = findConfig(tensors);
    const misfits = partMisfits(tensors, found);
    return {
      name,
      held: found.parts.map((part) => ({
        part,
        whole: !misfits.some((problem) => problem.startsWith(part)),
      })),
    };
  } catch (error) {
    if (error instanceof CheckpointError) return { name, held: [], problem: error.message };
    throw error;
  }
}

/** More weights than a run leaves: a collection, of which none is meant. */
const MAX_CANDIDATES = 64;

/** @throws CommandError for a collection. */
export function requireFew(names: readonly string[], where: string): void {
  if (names.length > MAX_CANDIDATES)
    throw new CommandError(`${where} has ${names.length} files of weights; name the one that is meant.`);
}

/** Files with a part: the whole ones, or those with a broken one where none is whole. */
export function filesWith(part: Part, candidates: readonly Candidate[]): string[] {
  const having = (whole: boolean) =>
    candidates.flatMap(({ name, held }) =>
      held.some((one) => one.part === part && one.whole === whole) ? name : [],
    );
  const whole = having(true);
  return whole.length > 0 ? whole : having(false);
}

/** The one file with a part. @throws CommandError where none has it, or several have. */
export function fileWith(part: Part, candidates: readonly Candidate[], where: string): string {
  const [first, ...others] = filesWith(part, candidates);
  if (first === undefined) throw lacking(part, candidates, where);
  if (others.length === 0) return first;
  throw new CommandError(
    `${where} has ${others.length + 1} files with ${part === 'encoder' ? 'an encoder' : 'a decoder'} (${fewFiles([first, ...others])}); name the one that is meant.`,
  );
}

/** A run, a folder or a repository without a part. */
export class PartLackingError extends CommandError {
  override readonly name = 'PartLackingError';
  override readonly code = 'part-lacking';
}

/** Says what was looked at. */
function lacking(part: Part, candidates: readonly Candidate[], where: string): CommandError {
  const [broken] = candidates.flatMap(({ problem }) => problem ?? []);
  const seen =
    candidates.length === 0
      ? 'there is no .safetensors, .pt, .pth or .bin file in it'
      : `none of ${fewFiles(candidates.map(({ name }) => name))} has one${broken === undefined ? '' : `; ${broken}`}`;
  return new PartLackingError(
    `${where} holds no ${part}: ${seen.replace(/\.$/, '')}. Name a run, a folder or a file of weights that does.`,
  );
}
