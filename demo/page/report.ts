/** What went wrong, in words for people. */
import { Superseded } from '../latest.ts';
import { part, say } from './dom.ts';

export function tellProblem(message: string): void {
  say('problem', message);
  const box = part('problem');
  const top = box.getBoundingClientRect().top;
  if (top < 0 || top > innerHeight) box.scrollIntoView({ block: 'center' });
}

/** How many things a button has under way. */
const underWay = new WeakMap<HTMLElement, number>();

/**
 * Does something for a person who used `control`; failures are reported. A button does not do it twice at a time; of choices
 * (`latest`) another can be made before the first is done, and what was superseded is no failure.
 */
export async function attempt(
  control: HTMLElement | null,
  work: () => Promise<unknown>,
  how: 'once' | 'latest' = 'once',
): Promise<void> {
  const others = (control && underWay.get(control)) ?? 0;
  if (how === 'once' && others > 0) return;
  say('problem', null);
  if (control) {
    underWay.set(control, others + 1);
    control.setAttribute('aria-busy', 'true');
  }
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Superseded)) tellProblem(error instanceof Error ? error.message : String(error));
  } finally {
    if (control) {
      const left = (underWay.get(control) ?? 1) - 1;
      underWay.set(control, left);
      if (left === 0) control.removeAttribute('aria-busy');
    }
  }
}
