/** The page's side of the conversation with the worker. */
import type { CallName, Calls, Event, FromWorker } from '../messages.ts';

type Listener = (event: Event) => void;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const worker = new Worker(new URL('../worker/main.ts', import.meta.url), { type: 'module' });
const waiting = new Map<number, Waiting>();
const listeners: Listener[] = [];
let last = 0;

worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
  if (data.kind !== 'result' && data.kind !== 'error') {
    for (const listener of listeners) listener(data);
    return;
  }
  const one = waiting.get(data.id);
  waiting.delete(data.id);
  if (data.kind === 'result') one?.resolve(data.value);
  else one?.reject(new Error(data.message));
};

worker.onerror = (event) => {
  const message = `The worker of this page stopped (${event.message || 'it did not load'}): reload the page.`;
  for (const one of waiting.values()) one.reject(new Error(message));
  waiting.clear();
};

/** Asks the worker. Rejects with a sentence for people. */
export function ask<N extends CallName>(
  name: N,
  ...args: Parameters<Calls[N]>
): Promise<ReturnType<Calls[N]>> {
  const id = ++last;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
    worker.postMessage({ id, name, args });
  });
}

export function listen(listener: Listener): void {
  listeners.push(listener);
}
