#!/usr/bin/env node
// The one plain JavaScript file: it teaches Node to read the TypeScript that the rest is written in.
import { register } from 'tsx/esm/api';

register();
await import('./spotr.ts');
