/** The engine on its own: tensors, autograd and hand-written WGSL kernels on WebGPU, in Node and in the browser. */

export { SpotrError } from '../base/errors.ts';
export { Random } from '../base/random.ts';
export { defineOp, type Op, type OpSpec, type RegisteredOp, registeredOps } from './autograd/define-op.ts';
export { checkpoint } from './autograd/gradient-checkpointing.ts';
export { type BackwardOptions, backward } from './autograd/tape.ts';
export type { FloatType } from './dtype.ts';
export { Engine, type EngineOptions, openEngine, type Scope } from './engine.ts';
export {
  AdapterError,
  DeviceLostError,
  DTypeError,
  EngineError,
  GradientError,
  HalfError,
  KernelError,
  LifetimeError,
  OutOfMemoryError,
  ShapeError,
  TuningError,
} from './errors.ts';
export type { Device } from './gpu/device.ts';
export type { MemoryUse } from './gpu/memory.ts';
export { constantInit, kaimingUniform, normalInit } from './init.ts';
export { matmulChoices } from './matmul/choose.ts';
export { type TunedRow, tuneMatmul } from './matmul/tune.ts';
export { forgetTuned, recallTuned, type TunedMatmul } from './matmul/tuned.ts';
export * from './ops/index.ts';
export { AdamW, type AdamWOptions, type AdamWState, type Moment } from './optim/adamw.ts';
export { LossScale, type LossScaleOptions } from './optim/loss-scale.ts';
export { constant, type Schedule, type WarmupCosineOptions, warmupCosine } from './optim/schedule.ts';
export {
  type Arena,
  type Initializer,
  ParameterArenas,
  type ParameterOptions,
  type ParameterSpec,
} from './parameters.ts';
export type { AdapterChoice, AdapterKind } from './platform/types.ts';
export type { DispatchTime, PlanMemory } from './replay/plan.ts';
export type { HostArguments, Step, StepOptions } from './replay/step.ts';
export type { Shape } from './shape.ts';
export { type DType, type HostTensor, Parameter, Tensor } from './tensor.ts';
