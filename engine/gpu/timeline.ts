/**
 * What was asked of the device, in the order of the calls: nothing begins before everything asked for earlier is
 * submitted, whatever is awaited when.
 */
export class Timeline {
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Of what was asked for, how many things are not submitted yet. */
  get waiting(): number {
    return this.#waiting;
  }

  get idle(): boolean {
    return this.#waiting === 0;
  }

  /** Resolves when everything asked for so far has been submitted, or has failed. */
  get settled(): Promise<void> {
    return this.#tail.then(() => {});
  }

  /** Does `work` in its turn: now, before this returns, where nothing waits. It must not wait for a later turn. */
  add<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#waiting > 0) return this.later(work);
    try {
      const result = work();
      return result instanceof Promise ? this.#wait(result) : Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Does `work` in its turn, not before the caller has returned. */
  later<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#wait(this.#tail.then(work));
  }

  #wait<T>(result: Promise<T>): Promise<T> {
    this.#waiting++;
    // A failure is reported to whoever waits for it, and must not poison what comes later.
    const done = () => {
      this.#waiting--;
    };
    this.#tail = result.then(done, done);
    return result;
  }
}
