import { SCOPE_ENDED, type Storage } from './memory.ts';

interface Open {
  readonly owned: Set<Storage>;
  readonly outer: Open | null;
  disposed: boolean;
}

export interface StorageScope extends Disposable {
  /** Hands a storage of this scope to the nearest enclosing one that is still open; false where it is not of this scope. */
  keep(storage: Storage): boolean;
  /** Takes a storage of this scope out of all scopes; false where it is not of this scope. */
  take(storage: Storage): boolean;
  /** Gives back everything that belongs to it. Scopes that were opened later stay open. */
  dispose(): void;
}

/**
 * The scopes that are open: what is made belongs to the one opened last. JavaScript does not say which asynchronous flow
 * a call comes from, so flows that overlap share this stack; they may end in any order, and each gives back its own.
 */
export class Scopes {
  readonly #open: Open[] = [];
  readonly #release: (storage: Storage, why: string) => void;

  constructor(release: (storage: Storage, why: string) => void) {
    this.#release = release;
  }

  add(storage: Storage): void {
    this.#open.at(-1)?.owned.add(storage);
  }

  open(): StorageScope {
    const owned = new Set<Storage>();
    const scope: Open = { owned, outer: this.#open.at(-1) ?? null, disposed: false };
    this.#open.push(scope);
    const dispose = () => {
      if (scope.disposed) return;
      scope.disposed = true;
      this.#open.splice(this.#open.lastIndexOf(scope), 1);
      for (const storage of owned) this.#release(storage, SCOPE_ENDED);
      owned.clear();
    };
    return {
      keep: (storage) => {
        if (!owned.delete(storage)) return false;
        let outer = scope.outer;
        while (outer?.disposed) outer = outer.outer;
        outer?.owned.add(storage);
        return true;
      },
      take: (storage) => owned.delete(storage),
      dispose,
      [Symbol.dispose]: dispose,
    };
  }
}
