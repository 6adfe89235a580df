/** The page is built once a run of the tests, by whichever file opens it first. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const CONFIG = fileURLToPath(new URL('../../demo/vite.config.ts', import.meta.url));

export interface BuiltFolder {
  readonly folder: string;
  dispose(): void;
}

/** The built page: that of the run of tests, else one of its own, which goes with `dispose`. */
export async function builtFolder(ofRun = process.env.SPOTR_TEST_PAGE): Promise<BuiltFolder> {
  if (ofRun !== undefined) return { folder: await builtOnce(ofRun), dispose: () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'spotr-page-'));
  await buildInto(folder);
  return { folder, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

const BUILT = 'built';

const buildInto = (outDir: string) => build({ configFile: CONFIG, logLevel: 'error', build: { outDir } });

/** Two workers may ask at once: the one that makes the folder builds, the other waits for how it ends. */
async function builtOnce(parent: string): Promise<string> {
  const [page, end] = [join(parent, 'page'), join(parent, 'end')];
  try {
    mkdirSync(page);
  } catch {
    let told = '';
    while (told === '') {
      await new Promise((resolve) => setTimeout(resolve, 100));
      told = existsSync(end) ? readFileSync(end, 'utf8') : '';
    }
    if (told !== BUILT) throw new Error(`The page could not be built: ${told}`);
    return page;
  }
  try {
    await buildInto(page);
  } catch (error) {
    writeFileSync(end, `${error}`);
    throw error;
  }
  writeFileSync(end, BUILT);
  return page;
}
