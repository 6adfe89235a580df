/** The windows that are held out, and what comes back of them, redrawn while the model learns. */
import type { Shown } from '../messages.ts';
import { element } from './dom.ts';
import { drawShown, redraw } from './draw.ts';

export class PreviewBox {
  readonly #box: HTMLElement;
  #latest: readonly Shown[] = [];
  #isDrawing = false;

  constructor(box: HTMLElement) {
    this.#box = box;
  }

  clear(): void {
    this.#latest = [];
    this.#box.replaceChildren();
  }

  /** In a tab that nobody sees no frame comes: of all that was reported meanwhile the last is drawn when it is seen again. */
  show(shown: readonly Shown[]): void {
    this.#latest = shown;
    while (this.#box.children.length > shown.length) this.#box.lastElementChild?.remove();
    while (this.#box.children.length < shown.length) this.#box.append(element('figure'));
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    this.#drawNext(0, shown);
  }

  redraw(): void {
    for (const figure of this.#box.children) redraw(figure as HTMLElement);
  }

  /** One a frame: together they would hold the page where canvases have no graphics card. */
  #drawNext(i: number, begun: readonly Shown[]): void {
    requestAnimationFrame(() => {
      const shown = this.#latest;
      const at = shown === begun ? i : 0;
      const [figure, one] = [this.#box.children[at], shown[at]];
      if (figure && one) {
        drawShown(figure as HTMLElement, one);
        this.#drawNext(at + 1, shown);
      } else this.#isDrawing = false;
    });
  }
}
