import { type Engine, type ParameterArenas, Random, type Tensor } from '../../engine/index.ts';
import { ModuleState, type Packed } from '../../model/state.ts';
import { Initialization } from '../../model/weights.ts';
import type { WindowShape } from './shapes.ts';

/** What one forward pass of a window takes. */
export interface Work {
  /** Tokens that the blocks run over, all sequences together. */
  readonly tokens: number;
  /** Sequences that do not see each other: a forward pass of some of them is that part of the whole. */
  readonly sequences: number;
  /** What the mathematics needs, whatever a kernel recomputes. */
  readonly multiplyAdds: number;
}

/** Random weights on an engine, and the forward pass over them. */
export interface BuiltEncoder {
  readonly arenas: ParameterArenas;
  /** Raw signals, shaped as `Contender.input` says, to what stands for the window. */
  embed(signal: Tensor): Tensor;
}

/** An encoder of the comparison. */
export interface Contender {
  /** As in ids, e.g. `spotr`. */
  readonly name: string;
  /** Values that the forward pass uses. */
  readonly parameters: number;
  work(window: WindowShape): Work;
  /** Shape of the input that holds `sequences` of the window's independent sequences. */
  input(window: WindowShape, sequences: number): readonly number[];
  build(engine: Engine): BuiltEncoder;
}

/** Frozen random weights: what a forward pass costs does not depend on their values. */
export function randomState(
  engine: Engine,
  weights: (init: Initialization) => Packed[],
): { readonly state: ModuleState; readonly arenas: ParameterArenas } {
  const packed = weights(new Initialization(new Random(1)));
  const arenas = engine.parameters(ModuleState.specs('', packed), { frozen: true });
  return { state: new ModuleState('', packed, arenas), arenas };
}

/** Values of all weights together. */
export function countOf(weights: (init: Initialization) => Packed[]): number {
  const shapes = weights(new Initialization(new Random(1))).map(({ shape }) => shape);
  return shapes.reduce((sum, shape) => sum + shape.reduce((size, extent) => size * extent, 1), 0);
}
