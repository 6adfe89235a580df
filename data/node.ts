/** What `data` offers in Node only. */
export { openPaths } from './formats/open-node.ts';
export { nodeFileSource } from './source/node-file.ts';
