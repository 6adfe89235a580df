// A worker has its own loader: like ../bin.js this teaches it to read TypeScript.
import { register } from 'tsx/esm/api';

register();
await import('./reader-worker.ts');
