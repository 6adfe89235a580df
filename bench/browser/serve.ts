import { createServer, type ViteDevServer } from 'vite';
import { commitName, ROOT } from '../results-file.ts';

/** The page that measures, from the server's root. */
export const PAGE = '/demo/bench.html';

/**
 * Vite's development server on this machine alone: it strips types, reads shaders and resolves `#platform` for browsers.
 * `port` 0 takes a free one.
 */
export async function serveBenchPage(port: number): Promise<{ server: ViteDevServer; url: string }> {
  const server = await createServer({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    appType: 'mpa',
    cacheDir: 'node_modules/.cache/vite-bench',
    define: { __COMMIT__: JSON.stringify(commitName()) },
    optimizeDeps: { noDiscovery: true },
    server: { host: '127.0.0.1', port, hmr: false, ws: false, watch: null },
  });
  await server.listen();
  const [origin] = server.resolvedUrls?.local ?? [];
  if (origin === undefined) throw new Error('The server of the benchmark page has no local address.');
  return { server, url: new URL(PAGE, origin).href };
}
