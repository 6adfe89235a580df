/** What `data` offers in Node only. */

export { openManifestFile, openPaths } from './open-node.ts';
export { nodeFileSource } from './source/node-file.ts';
export { bidsFolder } from './surroundings-node.ts';
