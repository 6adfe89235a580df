// One line an operation: what is exported here is defined, registered and tested.
export * from './attention-pool.ts';
export * from './broadcast.ts';
export * from './concat.ts';
export * from './cross-attention.ts';
export * from './cross-entropy.ts';
export * from './elementwise.ts';
export * from './layer-norm.ts';
export * from './linear.ts';
export * from './matmul.ts';
export * from './mse.ts';
export * from './reduce.ts';
export * from './reshape.ts';
export * from './rms-norm.ts';
export * from './self-attention.ts';
export * from './slice.ts';
export * from './swiglu.ts';
export * from './zscore.ts';
