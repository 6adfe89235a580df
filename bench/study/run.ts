import { runProgram } from '../commands/mendable.ts';
import { study } from './study.ts';

await runProgram(study, process.argv.slice(2));
