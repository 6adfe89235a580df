/** Files of weights in the layout that the SPOTR authors publish: a plain state dict a part, by `torch.save`. */
import type { StoredTensor } from '../../checkpoint/dtypes.ts';
import type { Part } from '../../checkpoint/find-config.ts';
import { expectedShapes } from '../../checkpoint/fit.ts';
import { encodeTorch } from '../../checkpoint/torch/write.ts';
import type { SpotrConfig } from '../../model/index.ts';

/** Of 8 wide and two patches' worth of nothing: a model whose files are small but for the position tables. */
export const SMALLEST: SpotrConfig = {
  ...{ encoderDim: 8, decoderDim: 8, encoderLayers: 1, decoderLayers: 1, heads: 8, patch: 100 },
};

/** A `.pt` with a part of a model, every tensor of it there, filled with small numbers from a seed. */
export function authorsFile(part: Part, config: SpotrConfig, seed = 1): Promise<Uint8Array> {
  const shapes = expectedShapes(part, config);
  let state = seed;
  const tensors = [...shapes].map(([name, shape], at): StoredTensor => {
    const values = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
    const isNorm = /norm/.test(name);
    // A norm that took no gradient only decays: the renderer saw the one token.
    const isStill = part === 'decoder' && name.includes('norm_1');
    for (let i = 0; i < values.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const noise = state / 2 ** 32 - 0.5;
      values[i] = isStill ? 0.9 : isNorm ? 1 + 0.2 * noise : (0.5 * noise) / Math.sqrt(config.encoderDim);
    }
    const bytes = new Uint8Array(values.buffer);
    return { name, dtype: 'F32', shape, offset: at, read: async () => bytes };
  });
  return encodeTorch(tensors);
}
