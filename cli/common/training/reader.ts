/** Recordings, read by a thread of their own, so that the device never waits for the disk or a filter. */
import { Worker } from 'node:worker_threads';
import type { BatchSource, SignalBatch, TrainedWindows } from '../../../data/index.ts';
import type { Dataset, openDataset } from './dataset.ts';
import { type Answer, errorOf, type Question } from './reader-messages.ts';

interface Waiting {
  readonly resolve: (batches: readonly SignalBatch[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Opens what the settings name in a thread. Opening stops when `signal` says so, with its reason.
 * @throws SignalError where there is nothing to train on.
 */
export function openInThread(signal: AbortSignal, ...what: Parameters<typeof openDataset>): Promise<Dataset> {
  const worker = new Worker(new URL('./reader-worker.js', import.meta.url), { workerData: what });
  const waiting = new Map<number, Waiting>();
  let asked = 0;
  const ask = (wanted: Question['wanted']) =>
    new Promise<readonly SignalBatch[]>((resolve, reject) => {
      const question: Question = { id: asked++, wanted };
      waiting.set(question.id, { resolve, reject });
      worker.postMessage(question);
    });
  return new Promise((resolve, reject) => {
    const dispose = () => {
      signal.removeEventListener('abort', abort);
      void worker.terminate();
    };
    const fail = (error: Error) => {
      dispose();
      reject(error);
      for (const one of waiting.values()) one.reject(error);
      waiting.clear();
    };
    const abort = () => fail(signal.reason as Error);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    worker.on('error', fail);
    worker.on('message', (answer: Answer) => {
      if (answer.kind === 'ready') {
        // From now on an interruption ends training in its own time, with a checkpoint.
        signal.removeEventListener('abort', abort);
        const { rows, passedOver, description, montages } = answer;
        resolve({ source: sourceOf(ask, description, montages), rows, passedOver, dispose });
      } else if (answer.kind === 'batches') {
        waiting.get(answer.id)?.resolve(answer.batches);
        waiting.delete(answer.id);
      } else if (answer.id === null) fail(errorOf(answer.error));
      else {
        waiting.get(answer.id)?.reject(errorOf(answer.error));
        waiting.delete(answer.id);
      }
    });
  });
}

function sourceOf(
  ask: (wanted: Question['wanted']) => Promise<readonly SignalBatch[]>,
  description: Record<string, unknown>,
  montages: readonly TrainedWindows[],
): BatchSource {
  return {
    trainBatch: async (step) => (await ask(step))[0] as SignalBatch,
    heldOut: () => ask('held-out'),
    trainSample: async (part) => (await ask(part))[0] as SignalBatch,
    describe: () => description,
    montages: () => montages,
  };
}
