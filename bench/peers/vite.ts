import { fileURLToPath } from 'node:url';
import type { InlineConfig } from 'vite';

const PEERS = fileURLToPath(new URL('.', import.meta.url));

/**
 * What Vite needs to serve pages that open the peers: those in CommonJS are bundled first, and the others served as
 * they are, since onnxruntime looks for its WebAssembly beside its script.
 */
export const peersInPages: InlineConfig = {
  root: PEERS,
  cacheDir: `${PEERS}node_modules/.cache/vite`,
  optimizeDeps: {
    include: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-webgpu', '@tensorflow/tfjs-core', 'webgpu-torch'],
    exclude: ['onnxruntime-web', '@jax-js/jax'],
  },
  server: {
    fs: { allow: [fileURLToPath(new URL('../../', import.meta.url))] },
    // onnxruntime shares its memory, which pages may only where they are isolated.
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
};
