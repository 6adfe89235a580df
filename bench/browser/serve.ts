import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer, type ViteDevServer } from 'vite';
import { commitName, ROOT } from '../results-file.ts';

/** The page that measures, from the server's root. */
export const PAGE = '/bench/browser/page.html';

/**
 * Vite's development server on this machine alone: it strips types, reads shaders and resolves `#platform` for browsers.
 * `port` 0 takes a free one; `peers` makes those of `bench/peers` loadable.
 */
export async function serveBenchPage(
  port: number,
  { peers = false }: { peers?: boolean } = {},
): Promise<{ server: ViteDevServer; url: string }> {
  const server = await createServer({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    appType: 'custom',
    cacheDir: 'node_modules/.cache/vite-bench',
    // Only the peers come from node_modules in forms that browsers do not read: those are bundled beforehand.
    optimizeDeps: peers ? { entries: ['bench/peers/index.ts'] } : { noDiscovery: true },
    server: { host: '127.0.0.1', port, hmr: false, ws: false, watch: null },
  });
  // Handed out as it is: Vite would add a client that waits for changes.
  const page = readFileSync(join(ROOT, PAGE), 'utf8').replace('%COMMIT%', commitName());
  server.middlewares.use(PAGE, (_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(page);
  });
  await server.listen();
  const [origin] = server.resolvedUrls?.local ?? [];
  if (origin === undefined) throw new Error('The server of the benchmark page has no local address.');
  return { server, url: new URL(PAGE, origin).href };
}
