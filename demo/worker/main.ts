/** The worker: answers what the page asks, one sentence for people where it cannot. */
import { Superseded } from '../latest.ts';
import type { CallName, Event, FromWorker, Request } from '../messages.ts';
import { inWords } from './in-words.ts';
import { Session } from './session.ts';

const post = (message: FromWorker) => self.postMessage(message);
const session = new Session((event: Event) => post(event));

self.onmessage = async ({ data }: MessageEvent<Request<CallName>>) => {
  const { id, name, args } = data;
  try {
    const call = session[name].bind(session) as (...given: unknown[]) => unknown;
    post({ kind: 'result', id, value: await call(...args) });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof Superseded) post({ kind: 'superseded', id });
    else post({ kind: 'error', id, message: inWords(error) });
  }
};
