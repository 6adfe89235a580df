/** Of several things that were asked for the last one counts, however long an earlier one takes. */

/** What something newer was asked instead of; it is no failure, and is not reported. */
export class Superseded extends Error {
  override readonly name = 'Superseded';

  constructor() {
    super('Something newer was asked for.');
  }
}

/** What is asked for, and what it is made from: when that changes, what is still being made from it counts no more. */
export type Sources<Lane extends string> = Readonly<Record<Lane, readonly Lane[]>>;

export class Latest<Lane extends string> {
  readonly #sources: Sources<Lane>;
  readonly #asked = new Map<Lane, number>();
  readonly #changed = new Map<Lane, number>();

  constructor(sources: Sources<Lane>) {
    this.#sources = sources;
  }

  /**
   * Makes something, and puts it in its place: `make` may call `check` to give up early, and `take` runs in the same turn as the
   * last check. @throws Superseded where it was asked for again meanwhile, or what it is made from has changed.
   */
  async ask<T>(
    lane: Lane,
    make: (check: () => void) => Promise<T> | T,
    take: (made: T) => void = () => {},
  ): Promise<T> {
    const own = (this.#asked.get(lane) ?? 0) + 1;
    this.#asked.set(lane, own);
    const above = this.#above(lane);
    const check = () => {
      if (this.#asked.get(lane) !== own || this.#above(lane) !== above) throw new Superseded();
    };
    let made: T;
    try {
      made = await make(check);
    } catch (error) {
      // What went wrong with a thing that nobody waits for any more is nobody's concern.
      check();
      throw error;
    }
    check();
    this.change(lane);
    take(made);
    return made;
  }

  /** What is being made from it counts no more. */
  change(lane: Lane): void {
    this.#changed.set(lane, (this.#changed.get(lane) ?? 0) + 1);
  }

  /** How often what a thing is made from has changed. */
  #above(lane: Lane): number {
    return this.#sources[lane].reduce(
      (sum, source) => sum + (this.#changed.get(source) ?? 0) + this.#above(source),
      0,
    );
  }
}
