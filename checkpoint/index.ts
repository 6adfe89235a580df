/** Weights in files: safetensors and PyTorch's, in and out, by the authors' names of the tensors. */
export type { RandomAccess } from '../base/bytes.ts';
export { type ConditioningGuess, guessConditioning } from './conditioning.ts';
export { countOf, type DType, type StoredTensor, toFloat32 } from './dtypes.ts';
export { CheckpointError, type CheckpointReason } from './errors.ts';
export { type FoundConfig, findConfig, type Part, partOf } from './find-config.ts';
export { expectedShapes, partMisfits } from './fit.ts';
export { asHalf } from './half.ts';
export {
  type Checkpoint,
  type CheckpointFormat,
  type CheckpointSource,
  type OpenCheckpoint,
  openCheckpoint,
  peekTensors,
  readCheckpoint,
} from './read.ts';
export { decodeSafetensors, encodeSafetensors, encodeStored, type Safetensors } from './safetensors.ts';
export { encodeTorch } from './torch/write.ts';
