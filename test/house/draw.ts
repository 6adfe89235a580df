/** `npm run architecture`: draws the pictures of docs/architecture.md anew from the imports, and its tables. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { architecture } from './architecture.ts';
import { ROOT } from './imports.ts';

const PAGE = join(ROOT, 'docs/architecture.md');
const { files, page } = architecture(readFileSync(PAGE, 'utf8'));
for (const [name, text] of Object.entries({ ...files, 'docs/architecture.md': page })) {
  writeFileSync(join(ROOT, name), text);
  console.log(name);
}
