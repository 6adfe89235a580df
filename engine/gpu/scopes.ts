import { SCOPE_ENDED, type Storage } from './memory.ts';

interface Open {
  readonly owned: Set<Storage>;
  readonly outer: Open | null;
  closed: boolean;
}

export interface StorageScope {
  /** Hands a storage of this scope to the nearest enclosing one that is still open; false where it is not of this scope. */
  keep(storage: Storage): boolean;
  /** Takes a storage of this scope out of all scopes; false where it is not of this scope. */
  take(storage: Storage): boolean;
  /** Gives back everything that belongs to it. Scopes that were opened later stay open. */
  close(): void;
}

/**
 * The scopes that are open: what is made belongs to the one opened last. JavaScript does not say which asynchronous flow
 * a call comes from, so flows that overlap share this stack; they may close in any order, and each gives back its own.
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
    const scope: Open = { owned, outer: this.#open.at(-1) ?? null, closed: false };
    this.#open.push(scope);
    return {
      keep: (storage) => {
        if (!owned.delete(storage)) return false;
        let outer = scope.outer;
        while (outer?.closed) outer = outer.outer;
        outer?.owned.add(storage);
        return true;
      },
      take: (storage) => owned.delete(storage),
      close: () => {
        if (scope.closed) return;
        scope.closed = true;
        this.#open.splice(this.#open.lastIndexOf(scope), 1);
        for (const storage of owned) this.#release(storage, SCOPE_ENDED);
        owned.clear();
      },
    };
  }
}
