/** The page's side of the conversation with the worker. */
import { Superseded } from '../latest.ts';
import type { CallName, Calls, Event, FromWorker } from '../messages.ts';
import source from '../worker/main.ts?worker&url';

type Listener = (event: Event) => void;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The one script that the page's policy lets be named by its code; browsers without trusted types take the address as it is. */
function allowed(address: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TypePolicies };
  return (
    trustedTypes?.createPolicy('spotr-worker', { createScriptURL: (url) => url }).createScriptURL(address) ??
    address
  );
}

/**
 * A worker that is loaded from the server has the policy that the server sends with it, and most send none; one that is
 * made of a blob has the page's own. It reads the recordings, so it must not be able to send them anywhere.
 */
function startWorker(): Worker {
  const start = `import ${JSON.stringify(new URL(source, import.meta.url).href)};`;
  const address = URL.createObjectURL(new Blob([start], { type: 'text/javascript' }));
  return new Worker(allowed(address), { type: 'module', name: 'spotr' });
}

const worker = startWorker();

interface TypePolicies {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}
const waiting = new Map<number, Waiting>();
const listeners: Listener[] = [];
let last = 0;

worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
  if (data.kind !== 'result' && data.kind !== 'error' && data.kind !== 'superseded') {
    for (const listener of listeners) listener(data);
    return;
  }
  const one = waiting.get(data.id);
  waiting.delete(data.id);
  if (data.kind === 'result') one?.resolve(data.value);
  else one?.reject(data.kind === 'superseded' ? new Superseded() : new Error(data.message));
};

worker.onerror = (event) => {
  const message = `The worker of this page stopped (${event.message || 'it did not load'}): reload the page.`;
  for (const one of waiting.values()) one.reject(new Error(message));
  waiting.clear();
};

/** Asks the worker. Rejects with a sentence for people, or with `Superseded`. */
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
