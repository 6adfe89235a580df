/** Says aloud what a run leaves untested, and why: what is skipped must not look tested. */
export function notTested(what: string, why: string): void {
  console.warn(`NOT TESTED: ${what}; ${why}.`);
}
