import { EngineError } from '../errors.ts';

const DATABASE = 'spotr';
const STORE = 'notes';

/** One request on the key-value store, made where it is missing. */
async function request<T>(
  mode: IDBTransactionMode,
  ask: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await settled(opening);
  try {
    return await settled(ask(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

function settled<T>(asked: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

/** See Platform. Where a page may not store anything, as in some private windows, nothing was ever remembered. */
export async function recall(name: string): Promise<string | null> {
  const text = await request<unknown>('readonly', (store) => store.get(name)).catch(() => null);
  return typeof text === 'string' ? text : null;
}

/** See Platform. */
export async function remember(name: string, text: string | null): Promise<void> {
  try {
    if (text === null) await request('readwrite', (store) => store.delete(name));
    else await request('readwrite', (store) => store.put(text, name));
  } catch (cause) {
    throw new EngineError(
      `"${name}" cannot be remembered in this browser (${cause instanceof Error ? cause.message : String(cause)}): allow this page to store data.`,
      { cause },
    );
  }
}
