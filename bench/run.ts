import { bench } from './command.ts';
import { UsageError } from './options.ts';
import { FilterError } from './suite/filter.ts';

// What a person can mend by other words is told without a stack.
try {
  process.exitCode = await bench(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof FilterError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
