import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { isSure } from '../../demo/page/question.ts';
import { attempt } from '../../demo/page/report.ts';

interface Part {
  textContent: string;
  hidden: boolean;
  open: boolean;
  onclick?: () => void;
  onclose?: (() => void) | null;
  showModal(): void;
  close(): void;
  getBoundingClientRect(): { top: number };
  setAttribute(): void;
  removeAttribute(): void;
}

/** As much of a page as a question is made of. */
const parts = new Map<string, Part>();
function partOf(id: string): Part {
  const known = parts.get(id);
  if (known) return known;
  const made: Part = {
    ...{ textContent: '', hidden: false, open: false },
    showModal: () => {
      made.open = true;
    },
    // As in browsers: the event comes afterwards.
    close: () => {
      made.open = false;
      setTimeout(() => made.onclose?.());
    },
    getBoundingClientRect: () => ({ top: 0 }),
    setAttribute: () => {},
    removeAttribute: () => {},
  };
  parts.set(id, made);
  return made;
}
beforeEach(() => {
  parts.clear();
  vi.stubGlobal('document', { getElementById: partOf });
  vi.stubGlobal('innerHeight', 100);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const ask = (text: string) => isSure({ text, go: 'Go' });

it('a question is answered once, by its own buttons, and no is what closing it says', async () => {
  const first = ask('one?');
  expect(partOf('question')).toMatchObject({ open: true });
  expect(partOf('question-text').textContent).toBe('one?');
  expect(partOf('question-save').hidden).toBe(true);
  partOf('question-go').onclick?.();
  expect(await first).toBe(true);
  expect(partOf('question').open).toBe(false);
  const second = ask('two?');
  // The Escape key.
  partOf('question').close();
  expect(await second).toBe(false);
  const third = ask('three?');
  partOf('question-cancel').onclick?.();
  expect(await third).toBe(false);
});

it('another question answers one that is still open with no, and stays open itself', async () => {
  const first = ask('one?');
  const second = ask('two?');
  expect(await first).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(partOf('question')).toMatchObject({ open: true });
  expect(partOf('question-text').textContent).toBe('two?');
  partOf('question-go').onclick?.();
  expect(await second).toBe(true);
});

it('what is to be saved first is saved before it goes, and nothing goes where it cannot be', async () => {
  const done: string[] = [];
  const save = { text: 'Save', act: async () => void done.push('saved') };
  const first = isSure({ text: 'one?', go: 'Go', save }).then((sure) => done.push(String(sure)));
  partOf('question-save').onclick?.();
  await first;
  expect(done).toEqual(['saved', 'true']);
  const failing = { text: 'Save', act: () => Promise.reject(new Error('The disk is full.')) };
  const second = isSure({ text: 'two?', go: 'Go', save: failing });
  partOf('question-save').onclick?.();
  await expect(second).rejects.toThrow('The disk is full.');
  expect(partOf('question').open).toBe(false);
});

it('a button does nothing twice at a time, and a choice is made again', async () => {
  const button = partOf('button') as unknown as HTMLElement;
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const done: string[] = [];
  const work = (name: string) => async () => {
    await opened;
    done.push(name);
  };
  const all = [attempt(button, work('a')), attempt(button, work('b')), attempt(button, work('c'), 'latest')];
  open();
  await Promise.all(all);
  expect(done).toEqual(['a', 'c']);
  await attempt(button, work('d'));
  expect(done).toEqual(['a', 'c', 'd']);
});
