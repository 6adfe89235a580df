export interface Interrupt {
  /** Aborted by the first Ctrl-C (SIGINT) or SIGTERM. */
  readonly signal: AbortSignal;
  dispose(): void;
}

/** npm passes a Ctrl-C on that the terminal has sent to every process already: one keystroke, two signals. */
const ONE_KEYSTROKE_MS = 500;
export const INTERRUPTED = 130;

/** Lets work end in order at the first Ctrl-C; a second one ends the process at once. */
export function onInterrupt(onFirst: () => void): Interrupt {
  const controller = new AbortController();
  let first = Number.NEGATIVE_INFINITY;
  const handle = () => {
    const now = performance.now();
    if (!controller.signal.aborted) {
      first = now;
      onFirst();
      controller.abort();
    } else if (now - first > ONE_KEYSTROKE_MS) {
      process.exit(INTERRUPTED);
    }
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const name of signals) process.on(name, handle);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of signals) process.off(name, handle);
    },
  };
}
