/** What `data` offers in Node only. */

export { openManifestFile, openPaths } from './open-node.ts';
export { nodeFileSource } from './source/file-node.ts';
export { bidsFolder } from './surroundings-node.ts';
