import { StudyError } from './options.ts';
import { study } from './study.ts';

// What a person can mend is told without a stack.
try {
  process.exitCode = await study(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof StudyError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
