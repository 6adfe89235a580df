/** Which conditioning trained a decoder, as far as its weights tell. */
import type { Conditioning } from '../config.ts';
import { partOf } from './find-config.ts';
import type { NamedTensors } from './values.ts';

export interface ConditioningGuess {
  readonly conditioning: Conditioning | 'unknown';
  readonly certainty: 'certain' | 'likely' | 'none';
  /** One sentence. */
  readonly why: string;
  /** Root mean square of the cross-attention's wq and wk, and of its wv and wo, against that of fresh weights. */
  readonly queryKey: number;
  readonly valueOutput: number;
}

/** Below this share of the other weights, wq and wk have shrunken. */
const SHRUNKEN = 0.7;
const EVEN = 1e-6;

/**
 * A decoder that sees one token takes no gradient to its cross-attention's `wq`, `wk` and `norm_1` (a softmax over one
 * key is 1): they only decay, all by the same factor. So `norm_1`, which starts at one, stays the same in every
 * element, while `norm_2` and `norm_3` do not. Undefined where there is no decoder.
 */
export function guessConditioning(tensors: NamedTensors): ConditioningGuess | undefined {
  const decoder = new Map(partOf([...tensors], 'decoder'));
  const get = (name: string) => decoder.get(name)?.data;
  const layers = [...decoder.keys()].flatMap(
    (name) => /^(block\.\d+)\.cross_attn\.wq\.weight$/.exec(name)?.[1] ?? [],
  );
  if (layers.length === 0) return undefined;
  const dim = decoder.get(`${layers[0]}.cross_attn.wq.weight`)?.shape[1] ?? 1;
  // Fresh weights are uniform within 1/sqrt(dim).
  const fresh = 1 / Math.sqrt(3 * dim);
  const sizeOf = (names: readonly string[]) =>
    rms(layers.flatMap((layer) => names.flatMap((name) => get(`${layer}.cross_attn.${name}.weight`) ?? []))) /
    fresh;
  const queryKey = sizeOf(['wq', 'wk']);
  const valueOutput = sizeOf(['wv', 'wo']);
  const norms = (names: readonly string[]) =>
    layers.flatMap((layer) => names.flatMap((name) => get(`${layer}.${name}.weight`) ?? []));
  const first = norms(['norm_1']);
  const others = norms(['norm_2', 'norm_3']);
  const say = (
    conditioning: ConditioningGuess['conditioning'],
    certainty: ConditioningGuess['certainty'],
    why: string,
  ) => ({
    conditioning,
    certainty,
    why,
    queryKey,
    valueOutput,
  });
  const shrunken = queryKey < SHRUNKEN * valueOutput;
  if (first.every(isEven) && others.every(isEven)) {
    return say('unknown', 'none', 'its norms are as they began: it was not trained.');
  }
  if (first.every(isEven)) {
    const factor = first[0]?.[0] ?? 1;
    return Math.abs(queryKey / factor - 1) < 0.1
      ? say(
          'cls',
          'certain',
          `norm_1 took no gradient, and wq and wk decayed with it to ${factor.toPrecision(3)} of their start.`,
        )
      : say(
          'cls',
          'likely',
          'norm_1 took no gradient, though wq and wk are not of the size that its decay tells.',
        );
  }
  if (shrunken)
    return say('cls', 'likely', 'wq and wk are much smaller than wv and wo, as if they only decayed.');
  // A norm that began at one and is uneven has learned, which it cannot with one token.
  return others.every((norm) => !isEven(norm))
    ? say(
        'tokens',
        'likely',
        'norm_1 is uneven, so it took gradients (if it began at one, as PyTorch starts it), and wq and wk have not shrunken.',
      )
    : say('unknown', 'none', 'its norms tell neither.');
}

function isEven(values: Float32Array): boolean {
  const first = values[0] ?? 0;
  return values.every((value) => Math.abs(value - first) <= EVEN * Math.abs(first));
}

function rms(arrays: readonly Float32Array[]): number {
  let sum = 0;
  let count = 0;
  for (const values of arrays) {
    for (const value of values) sum += value * value;
    count += values.length;
  }
  return Math.sqrt(sum / Math.max(1, count));
}
