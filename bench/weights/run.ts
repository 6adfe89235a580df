import { runProgram } from '../commands/mendable.ts';
import { makeWeights } from './make.ts';

await runProgram(makeWeights, process.argv.slice(2));
