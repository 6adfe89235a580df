/** Whether tensors are a whole part of a model, told without a device. */
import { Random, type Shape } from '../engine/index.ts';
import { type Compaction, checkConfig, type SpotrConfig } from '../model/config.ts';
import { Encoder } from '../model/encoder.ts';
import { ModelError } from '../model/errors.ts';
import { LatentRenderer } from '../model/renderer.ts';
import { misfits, packedShapes } from '../model/state.ts';
import { Initialization } from '../model/weights.ts';
import { type FoundConfig, type Part, partOf } from './find-config.ts';

/** Names and shapes of the authors' state dict of one part, for sizes that may be known only as far as it needs. */
export function expectedShapes(
  part: Part,
  config: SpotrConfig,
  compaction: Compaction = 'spotr',
): ReadonlyMap<string, Shape> {
  const init = new Initialization(new Random(0));
  if (part === 'decoder') return packedShapes(LatentRenderer.weights(init, config, 'cls'));
  const unused = Encoder.unused(init, config).map(({ name, shape }): [string, Shape] => [name, shape]);
  return new Map([...packedShapes(Encoder.weights(init, config, compaction)), ...unused]);
}

/** Every tensor that keeps the parts found in a file from being loaded; empty where they are whole. */
export function partMisfits(
  tensors: readonly { readonly name: string; readonly shape: Shape }[],
  { parts, config, compaction }: FoundConfig,
): string[] {
  return parts.flatMap((part) => {
    const own = new Map(
      partOf(
        tensors.map((tensor) => [tensor.name, tensor]),
        part,
      ),
    );
    // The other part's sizes do not show in this one's shapes: any will do.
    const filled = {
      encoderLayers: 1,
      decoderLayers: 1,
      decoderDim: 8,
      encoderDim: 8,
      heads: 8,
      patch: 100,
      ...config,
    };
    try {
      checkConfig(filled);
    } catch (error) {
      if (error instanceof ModelError) return [`${part}: ${error.message}`];
      throw error;
    }
    return misfits(expectedShapes(part, filled, compaction), own).map((problem) => `${part}.${problem}`);
  });
}
