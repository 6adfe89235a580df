import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The page: `npm run demo` serves it from its sources, `npm run demo:build` leaves files that any web server can host. */
export default defineConfig({
  root: here('.'),
  // Works in any folder of any server.
  base: './',
  cacheDir: here('../node_modules/.cache/vite-demo'),
  build: {
    outDir: here('../dist/demo'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    // Data addresses are more than the page's policy allows.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4000,
  },
  worker: { format: 'es' },
  server: { host: '127.0.0.1', fs: { allow: [here('..'), realpathSync(here('../node_modules'))] } },
});
