/** Errors of programs that run spotr commands. */

/** What a person can mend by other words. */
export class MendableError extends Error {
  override readonly name: string = 'MendableError';
}

/** Runs a program and sets the exit code; what a person can mend is told without a stack. */
export async function runProgram(
  program: (argv: readonly string[]) => Promise<number>,
  argv: readonly string[],
): Promise<void> {
  try {
    process.exitCode = await program(argv);
  } catch (error) {
    if (!(error instanceof MendableError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
