/** What is asked before something goes that a person made. */
import { part } from './dom.ts';

export interface Question {
  /** What goes, and what stays. */
  readonly text: string;
  /** What the button says that lets it go. */
  readonly go: string;
  /** A file of it, to be saved before. */
  readonly save?: { readonly text: string; readonly act: () => Promise<unknown> };
}

let answer: ((sure: boolean) => void) | undefined;

/** Whether a person is sure. A question that is still open is answered with no when another comes. */
export function isSure({ text, go, save }: Question): Promise<boolean> {
  const box = part<HTMLDialogElement>('question');
  answer?.(false);
  part('question-text').textContent = text;
  part('question-go').textContent = go;
  part('question-save').textContent = save?.text ?? '';
  part('question-save').hidden = !save;
  return new Promise((resolve, reject) => {
    const close = () => {
      answer = undefined;
      box.onclose = null;
      box.close();
    };
    const done = (sure: boolean) => {
      close();
      resolve(sure);
    };
    answer = done;
    // The event comes later than the closing: that of an earlier question is no answer to this one.
    box.onclose = () => {
      if (!box.open) done(false);
    };
    part('question-go').onclick = () => done(true);
    part('question-cancel').onclick = () => done(false);
    part('question-save').onclick = () => {
      save?.act().then(
        () => done(true),
        (error: unknown) => {
          close();
          reject(error);
        },
      );
    };
    if (!box.open) box.showModal();
  });
}
