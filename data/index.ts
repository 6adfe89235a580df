/** Recordings and synthetic signals, up to the batches that training takes. Runs in browsers as in Node. */
export type { BatchSource, SignalBatch } from './batches.ts';
export { FormatError, SignalError } from './errors.ts';
export { permutation, RandomStream } from './random.ts';
export type { Modality } from './recording.ts';
export { MODALITIES, SyntheticDataset, type SyntheticOptions } from './synthetic/index.ts';
