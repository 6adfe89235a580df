import { Random } from '../../../engine/index.ts';
import type { SpotrConfig } from '../../../model/config.ts';
import { Encoder } from '../../../model/encoder.ts';
import { LatentRenderer } from '../../../model/renderer.ts';
import { ModuleState } from '../../../model/state.ts';
import { Initialization } from '../../../model/weights.ts';
import type { AdamWAttributes } from '../adamw-reference.ts';
import type { Draft } from './spotr.ts';

/** Parameters that an update of this model goes over. Nothing is allocated. */
export function trainedParameters(config: SpotrConfig): number {
  const init = new Initialization(new Random(0));
  const specs = [
    ...ModuleState.specs('encoder.', Encoder.weights(init, config)),
    ...ModuleState.specs('decoder.', LatentRenderer.weights(init, config, 'cls')),
  ];
  return specs.reduce((sum, { shape }) => sum + shape.reduce((size, extent) => size * extent, 1), 0);
}

/** Gradient norm, clipping and AdamW over all parameters: inputs are weights and gradients, in one vector each. */
export function optimizerDraft(config: SpotrConfig): Draft {
  const count = trainedParameters(config);
  return {
    family: 'optimizer',
    op: 'adamw',
    // A large rate, so that a wrong update shows beside the weights.
    attributes: { learningRate: 0.5, weightDecay: 0.1, clip: 1 } satisfies AdamWAttributes,
    shapes: [[count], [count]],
    place: 'AdamW with gradient norm',
    gradient: false,
    uses: { encoder: 0, model: 1 },
  };
}
