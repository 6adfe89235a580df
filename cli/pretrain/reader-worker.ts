/** The thread that reads, filters and puts together batches while the device computes. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { ReadAhead, type SignalBatch } from '../../data/index.ts';
import { openDataset } from './dataset.ts';
import type { PretrainSettings } from './options.ts';
import { type Answer, describeError, type Question } from './reader-messages.ts';

const port = parentPort as MessagePort;

function answer(message: Answer, batches: readonly SignalBatch[] = []): void {
  port.postMessage(
    message,
    batches.flatMap(({ signal, targets = {} }) =>
      [signal, ...Object.values(targets)].map(({ buffer }) => buffer),
    ),
  );
}

try {
  const { source, rows, passedOver } = await openDataset(workerData as PretrainSettings);
  const ahead = new ReadAhead(source);
  port.on('message', ({ id, step }: Question) => {
    const asked =
      step === null ? Promise.resolve(ahead.heldOut()) : ahead.trainBatch(step).then((one) => [one]);
    asked.then(
      (batches) => answer({ kind: 'batches', id, batches }, batches),
      (error) => answer({ kind: 'failed', id, error: describeError(error) }),
    );
  });
  answer({ kind: 'ready', rows, passedOver, description: source.describe() });
} catch (error) {
  answer({ kind: 'failed', id: null, error: describeError(error) });
}
