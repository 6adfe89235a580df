/** One tab of a browser keeps what it works on; others would write over it. */

const LOCK = 'spotr kept';
const CHANNEL = 'spotr kept';
/** Milliseconds that a tab is given to let go: one that was just reloaded or closed takes a moment. */
const PATIENCE = 3000;

export class Sole {
  readonly #onWiped: () => Promise<void>;
  readonly #channel = hasLocks() ? new BroadcastChannel(CHANNEL) : undefined;
  #held: Promise<boolean> | undefined;
  #letGo: (() => void) | undefined;

  /** `onWiped`: another tab wipes everything; resolves when this one writes no more. */
  constructor(onWiped: () => Promise<void>) {
    this.#onWiped = onWiped;
    this.#channel?.addEventListener('message', () => void this.#leave());
  }

  /** Whether this tab is the one that keeps: found out once, and held until it is closed or another one wipes. */
  get isIt(): Promise<boolean> {
    this.#held ??= this.#take();
    return this.#held;
  }

  /** Makes the other tabs stop keeping. @throws where one of them does not. */
  async takeOver(): Promise<void> {
    if (await this.isIt) return;
    this.#channel?.postMessage('wiped');
    this.#held = this.#take();
    if (!(await this.#held))
      throw new Error('Another tab of this page is still writing; close it, and wipe again.');
  }

  /** Nothing more is kept here: another tab may. */
  letGo(): void {
    this.#letGo?.();
    this.#letGo = undefined;
    this.#held = Promise.resolve(false);
  }

  async #leave(): Promise<void> {
    await this.#onWiped();
    this.letGo();
  }

  #take(): Promise<boolean> {
    // Browsers without locks have one tab as well as they can.
    if (!hasLocks()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const held = new Promise<void>((letGo) => {
        this.#letGo = letGo;
      });
      navigator.locks
        .request(LOCK, { signal: AbortSignal.timeout(PATIENCE) }, () => {
          resolve(true);
          return held;
        })
        .catch(() => resolve(false));
    });
  }
}

const hasLocks = () => globalThis.navigator?.locks !== undefined;
