/** The thread that reads, filters and puts together batches while the device computes. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { ReadAhead, type SignalBatch } from '../../../data/index.ts';
import { openDataset } from './dataset.ts';
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
  const { source, rows, passedOver } = await openDataset(...(workerData as Parameters<typeof openDataset>));
  const ahead = new ReadAhead(source);
  const read = async (wanted: Question['wanted']): Promise<readonly SignalBatch[]> =>
    wanted === 'held-out'
      ? ahead.heldOut()
      : [await (typeof wanted === 'number' ? ahead.trainBatch(wanted) : ahead.trainSample(wanted))];
  port.on('message', ({ id, wanted }: Question) => {
    read(wanted).then(
      (batches) => answer({ kind: 'batches', id, batches }, batches),
      (error) => answer({ kind: 'failed', id, error: describeError(error) }),
    );
  });
  const [description, montages] = [source.describe(), source.montages()];
  answer({ kind: 'ready', rows, passedOver, description, montages });
} catch (error) {
  answer({ kind: 'failed', id: null, error: describeError(error) });
}
