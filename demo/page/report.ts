/** What went wrong, in words for people. */
import { part, say } from './dom.ts';

export function tellProblem(message: string): void {
  say('problem', message);
  const box = part('problem');
  const top = box.getBoundingClientRect().top;
  if (top < 0 || top > innerHeight) box.scrollIntoView({ block: 'center' });
}

/** Does something for a person who pressed `button`: not twice at a time, and failures are told. */
export async function attempt(button: HTMLElement | null, work: () => Promise<unknown>): Promise<void> {
  if (button?.getAttribute('aria-busy') === 'true') return;
  say('problem', null);
  button?.setAttribute('aria-busy', 'true');
  try {
    await work();
  } catch (error) {
    tellProblem(error instanceof Error ? error.message : String(error));
  } finally {
    button?.removeAttribute('aria-busy');
  }
}
