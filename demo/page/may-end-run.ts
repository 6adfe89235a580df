/** A run that was trained ends only when a person is sure. */
import { count, download } from './dom.ts';
import { isSaved } from './leave.ts';
import { isSure } from './question.ts';
import { state } from './state.ts';
import { ask } from './worker.ts';

export async function saveWeights(): Promise<void> {
  download(await ask('saveWeights'), 'spotr.safetensors');
  isSaved('run');
}

/** `doing`: what would end it, at the beginning of a sentence. */
export async function mayEndRun(doing: string, go: string): Promise<boolean> {
  const { run, model, data } = state;
  if (run === 'none' || run === 'starting' || !model || model.step === 0) return true;
  return isSure({
    text: `${doing} ends the run on ${data}, which is at step ${count(model.step)}: it can then not be resumed. Its weights can be saved, and loaded again to train on from them.`,
    go,
    save: { text: 'Save its weights first', act: saveWeights },
  });
}
