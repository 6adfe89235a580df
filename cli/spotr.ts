import { command } from './command.ts';

// A reader that has seen enough (`spotr ... | head`) is no reason to end a training run.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await command(process.argv.slice(2));
