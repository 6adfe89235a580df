/** Before each file of those that share a process. */
import { afterAll } from 'vitest';
import '../support/kept-devices.ts';
import { closeTestEngine } from '../support/engine.ts';

afterAll(closeTestEngine);
