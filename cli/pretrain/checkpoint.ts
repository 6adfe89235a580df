/** Weights, the optimiser's moments and the position in the run: enough to resume bit-identically. */
import { CheckpointError, decodeSafetensors, encodeSafetensors } from '../../checkpoint/index.ts';
import type { NamedTensors, Pretrainer } from '../../model/index.ts';
import { CommandError } from '../common/errors.ts';
import { RUN_FILES, type RunFolder } from '../common/run/run-folder.ts';

/** The content of `state.json`. */
export interface RunState {
  /** Updates done. */
  readonly step: number;
  /** Of training so far. */
  readonly seconds: number;
  /** Other adapters round differently, so that a run continued on one takes another path. */
  readonly adapter: string;
}

const TENSOR_FILES = ['encoder', 'decoder', 'optimizer'] as const;

export async function saveCheckpoint(
  folder: RunFolder,
  trainer: Pick<Pretrainer, 'state'>,
  state: RunState,
  about: Readonly<Record<string, string>>,
): Promise<void> {
  const tensors = await trainer.state();
  // Other programs look for the format entry; the step lets a mix of two checkpoints be seen.
  const metadata = { format: 'pt', ...about, step: String(state.step) };
  const files = TENSOR_FILES.map((name) => [RUN_FILES[name], encodeSafetensors(tensors[name], metadata)]);
  folder.checkpoint.write({
    ...Object.fromEntries(files),
    [RUN_FILES.state]: `${JSON.stringify(state, null, 2)}\n`,
  });
}

/** Puts the trainer where the run's last checkpoint left it. Throws where there is none, or none that can be used. */
export function loadCheckpoint(folder: RunFolder, trainer: Pick<Pretrainer, 'load'>): RunState {
  folder.checkpoint.recover();
  const { state, ...tensors } = readCheckpoint(folder);
  trainer.load({ ...tensors, step: state.step });
  return state;
}

/** What a folder has, read now, of the checkpoint that was written to it: its step, or why it cannot be used. */
type Left = { readonly step: number } | { readonly problem: string };

/** Reads a checkpoint back to the last number. A good one is of one step, and finite. */
function checkCheckpoint(folder: RunFolder): Left {
  const { missing } = folder.checkpoint;
  if (missing.length > 0) return { problem: `${folder.path} lacks ${missing.join(', ')}.` };
  try {
    const { state, encoder, decoder, optimizer } = readCheckpoint(folder);
    for (const [file, tensors] of Object.entries({ encoder, decoder, optimizer }))
      for (const [name, { data }] of tensors)
        if (!data.every(Number.isFinite))
          return {
            problem: `${folder.file(RUN_FILES[file as 'encoder'])}: ${name} holds values that are not finite.`,
          };
    return { step: state.step };
  } catch (error) {
    if (error instanceof CommandError || error instanceof CheckpointError) return { problem: error.message };
    throw error;
  }
}

/** Of the folder as it is now: somebody may have emptied it, or a disk damaged it, since `step` was saved. */
export function whatIsLeft(folder: RunFolder, step: number | undefined): string {
  const { path } = folder;
  if (step === undefined)
    return folder.has(RUN_FILES.metrics)
      ? `No checkpoint was saved yet; its losses are in ${path}.`
      : 'No checkpoint was saved yet, and no file is left.';
  const left = checkCheckpoint(folder);
  if ('step' in left) return `The last good checkpoint, of step ${left.step}, is in ${path}.`;
  return `Its checkpoint of step ${step} is no longer usable: ${left.problem}`;
}

function readCheckpoint(folder: RunFolder) {
  if (!folder.checkpoint.complete) {
    throw new CommandError(
      `The run in "${folder.path}" has no checkpoint to resume from; start it again with --overwrite.`,
    );
  }
  const state = readState(folder);
  const [encoder, decoder, optimizer] = TENSOR_FILES.map((name): NamedTensors => {
    const path = folder.file(RUN_FILES[name]);
    const { tensors, metadata } = decodeSafetensors(folder.read(RUN_FILES[name]), path);
    if (metadata.step === String(state.step)) return tensors;
    throw new CheckpointError(
      `${path}: is of step ${metadata.step ?? 'unknown'}, but the run's checkpoint of step ${state.step}; the files do not belong together.`,
    );
  }) as [NamedTensors, NamedTensors, NamedTensors];
  return { state, encoder, decoder, optimizer };
}

function readState(folder: RunFolder): RunState {
  const path = folder.file(RUN_FILES.state);
  let state: Partial<RunState>;
  try {
    state = JSON.parse(new TextDecoder().decode(folder.read(RUN_FILES.state))) as Partial<RunState>;
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CheckpointError(`${path}: is not JSON; the checkpoint is damaged.`);
  }
  const { step, seconds, adapter } = state;
  if (Number.isSafeInteger(step) && Number.isFinite(seconds) && typeof adapter === 'string') {
    return { step: step as number, seconds: seconds as number, adapter };
  }
  throw new CheckpointError(`${path}: does not say step, seconds and adapter; the checkpoint is damaged.`);
}
