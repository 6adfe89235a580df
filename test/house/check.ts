/** Fails where an import goes against the table of layers: `npm run lint` runs it. */
import { importsOf, sourceFiles } from './imports.ts';
import { violation } from './layers.ts';

const files = sourceFiles();
const found = importsOf(files).flatMap((one) => violation(one) ?? []);
for (const line of found) console.error(line);
console.log(`${files.length} files: ${found.length} imports go against the layers (test/house/layers.ts).`);
process.exitCode = found.length > 0 ? 1 : 0;
