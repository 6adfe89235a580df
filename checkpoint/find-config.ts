/** The sizes of a model from the shapes of its weights. */
import type { Shape } from '../engine/index.ts';
import { type Compaction, compactionOf, SIZES, type SpotrConfig, type SpotrSize } from '../model/config.ts';

export type Part = 'encoder' | 'decoder';

/** A tensor that tells which part a state dict is of. */
const LANDMARKS: Readonly<Record<Part, string>> = {
  encoder: 'conv.3.weight',
  decoder: 'decoder_proj.weight',
};

/** No shape tells the number of heads; all of the authors' models have this. */
export const ASSUMED_HEADS = 8;

export interface FoundConfig {
  /** Parts that the tensors belong to. */
  readonly parts: readonly Part[];
  /** Of the encoder; undefined where there is none. */
  readonly compaction: Compaction | undefined;
  /** Classes of a classification head, if there is one. */
  readonly classes: number | undefined;
  /** `other` where the sizes are none of the named ones, `none` where the tensors are not SPOTR's. */
  readonly size: SpotrSize | 'other' | 'none';
  /** What is known. `heads` is an assumption. */
  readonly config: Partial<SpotrConfig>;
}

interface Shaped {
  readonly name: string;
  readonly shape: Shape;
}

export function findConfig(tensors: readonly Shaped[]): FoundConfig {
  const parts = (['encoder', 'decoder'] as const).filter((part) => partShapes(tensors, part).size > 0);
  const own = partShapes(tensors, 'encoder');
  const encoder = parts.includes('encoder') ? encoderSizes(own) : {};
  const compaction = parts.includes('encoder') ? compactionOf(own.keys()) : undefined;
  const decoder = parts.includes('decoder') ? decoderSizes(partShapes(tensors, 'decoder')) : {};
  const config = known({ ...decoder, ...known(encoder), ...(parts.length > 0 && { heads: ASSUMED_HEADS }) });
  const classes = tensors.find(({ name }) => name === 'classification_head.weight')?.shape[0];
  return { parts, compaction, classes, config, size: parts.length === 0 ? 'none' : nameOf(config) };
}

/** Shapes of one part by its own names: all names that begin with the part's, or all there are where none does. */
export function partShapes(tensors: readonly Shaped[], part: Part): ReadonlyMap<string, Shape> {
  return new Map(
    partOf(
      tensors.map(({ name, shape }) => [name, shape]),
      part,
    ),
  );
}

/** Entries of one part with the part's prefix removed; none where the names are not of that part. */
export function partOf<T>(entries: readonly (readonly [string, T])[], part: Part): [string, T][] {
  const prefix = `${part}.`;
  const own = entries.filter(([name]) => name.startsWith(prefix));
  if (own.length > 0) return own.map(([name, value]) => [name.slice(prefix.length), value]);
  const alone = entries.some(([name]) => name === LANDMARKS[part]) || isMostly(entries, part);
  return alone ? entries.map(([name, value]) => [name, value]) : [];
}

/** A damaged part that lost its landmark is still of its kind. */
function isMostly(entries: readonly (readonly [string, unknown])[], part: Part): boolean {
  const marks =
    part === 'encoder'
      ? /^(spatial_attn|temporal_attn|conv\.\d)\./
      : /^(mask_token|encoder_proj\.|block\.\d+\.cross_attn\.)/;
  return entries.filter(([name]) => marks.test(name)).length >= 2;
}

function encoderSizes(shapes: ReadonlyMap<string, Shape>): Partial<SpotrConfig> {
  const patches = shapes.get('conv.3.weight');
  return {
    ...number('encoderDim', patches?.[0] ?? shapes.get('cls_token')?.[2]),
    ...number('patch', patches?.[3]),
    encoderLayers: layersOf(shapes),
  };
}

function decoderSizes(shapes: ReadonlyMap<string, Shape>): Partial<SpotrConfig> {
  const samples = shapes.get('decoder_proj.weight');
  const projection = shapes.get('encoder_proj.weight');
  return {
    ...number('decoderDim', shapes.get('mask_token')?.[3] ?? projection?.[0] ?? samples?.[1]),
    ...number('encoderDim', projection?.[1]),
    ...number('patch', samples?.[0] ?? shapes.get('decoder_proj.bias')?.[0]),
    decoderLayers: layersOf(shapes),
  };
}

function number(key: keyof SpotrConfig, value: number | undefined): Partial<SpotrConfig> {
  return value === undefined ? {} : { [key]: value };
}

function known(config: Partial<SpotrConfig>): Partial<SpotrConfig> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

function layersOf(shapes: ReadonlyMap<string, Shape>): number {
  const layers = [...shapes.keys()].map((name) => Number(/^block\.(\d{1,4})\./.exec(name)?.[1] ?? -1));
  return layers.reduce((most, layer) => Math.max(most, layer), -1) + 1;
}

/** The size that has all of what is known. */
function nameOf(config: Partial<SpotrConfig>): SpotrSize | 'other' {
  const fits = (size: SpotrConfig) =>
    Object.entries(config).every(([key, value]) => size[key as keyof SpotrConfig] === value);
  const [name] = Object.entries(SIZES).find(([, size]) => fits(size)) ?? ['other'];
  return name as SpotrSize | 'other';
}
