/** The WGSL of the roofline, in Node; a browser takes texts-browser.ts instead. */
import { readFileSync } from 'node:fs';

const read = (name: string): string => readFileSync(new URL(`${name}.wgsl`, import.meta.url), 'utf8');

export const ROOFLINE: string = read('roofline');
export const COPY: string = read('copy');
