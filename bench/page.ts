import { serveBenchPage } from './browser/serve.ts';

// Serves the page that measures, for the browsers of this machine. WebGPU wants https or localhost.
const { url } = await serveBenchPage(5174);
console.log(`Open ${url} in a browser with WebGPU. Ctrl-C ends.`);
