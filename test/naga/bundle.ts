import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** One file of `test/naga/inside.ts` and all it imports, as for a browser: shaders as text, `#platform` the browser's. */
export async function bundle(folder: string): Promise<string> {
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    // The page's files are no part of it.
    publicDir: false,
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: 'es2022',
      minify: false,
      assetsInlineLimit: 0,
      lib: {
        entry: fileURLToPath(new URL('inside.ts', import.meta.url)),
        formats: ['es'],
        fileName: () => 'inside.mjs',
      },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  });
  return `${folder}/inside.mjs`;
}
