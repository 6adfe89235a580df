/** Finds the state dict in what a file holds: as it is, or somewhere in a training state. */

import { quote } from '../../base/quote.ts';
import type { StoredTensor } from '../dtypes.ts';
import type { Refuse } from '../errors.ts';
import type { TorchContent } from './archive.ts';
import { gather } from './tensors.ts';
import {
  describe,
  isTensor,
  PickleDict,
  PickleList,
  PickleTuple,
  type PickleValue,
  type TensorView,
} from './values.ts';

/** Keys under which training programs keep the model, the likeliest first. */
const WRAPPERS = ['model', 'state_dict', 'model_state_dict', 'module', 'net', 'network', 'weights', 'params'];
/** Keys under which they keep one of its parts. */
const PARTS = ['encoder', 'decoder', 'classification_head'];
/** Keys under which they keep tensors that are no weights. */
const NO_WEIGHTS = /optim|sched|scaler|rng|random|amp|ema_state|loss|metric|history|args|config|hparams/i;
const DEEPEST = 4;
const PREFIX = /^(?:(?:module|_orig_mod|_fsdp_wrapped_module)\.)+/;
const INNER_PREFIX = /^(encoder|decoder)\.(?:(?:module|_orig_mod|_fsdp_wrapped_module)\.)+/;

export interface StateDict {
  readonly tensors: readonly StoredTensor[];
  /** Keys on the way to it, e.g. `["model"]`. */
  readonly path: readonly string[];
  /** Entries beside the tensors that are no tensors. */
  readonly ignored: readonly string[];
}

interface Found {
  readonly tensors: ReadonlyMap<string, TensorView>;
  readonly path: readonly string[];
  readonly ignored: readonly string[];
}

/** Throws a CheckpointError where there is none, or no telling which of several. */
export function findStateDict({ root, readSpan }: TorchContent, refuse: Refuse): StateDict {
  const found = search(root, [], new Set(), refuse);
  if (!found) {
    return refuse(
      'unusable',
      0,
      `no state dict in it, but ${describe(root)} without named tensors; save model.state_dict().`,
    );
  }
  const names = plainNames([...found.tensors.keys()]);
  const tensors = [...found.tensors.values()].map((view, i): StoredTensor => {
    const { storage, shape, offset } = view;
    const read = async () => gather(view, await readSpan(view));
    return { name: names[i] as string, dtype: storage.dtype, shape, offset, read };
  });
  const seen = new Set<string>();
  for (const { name, offset } of tensors) {
    if (seen.has(name))
      refuse('damaged', offset, `the tensor ${quote(name)} is there with and without a prefix.`);
    seen.add(name);
  }
  return { tensors, path: found.path, ignored: found.ignored };
}

function search(
  value: PickleValue | undefined,
  path: readonly string[],
  seen: Set<PickleDict>,
  refuse: Refuse,
): Found | undefined {
  // Dicts may contain themselves, or each other thousands of times.
  if (!(value instanceof PickleDict) || path.length > DEEPEST || seen.has(value)) return undefined;
  seen.add(value);
  const entries = [...value.entries].filter(
    (entry): entry is [string, PickleValue] => typeof entry[0] === 'string',
  );
  const below = new Map(entries);
  const into = (key: string) => search(below.get(key), [...path, key], seen, refuse);
  for (const key of WRAPPERS) {
    const found = into(key);
    if (found) return found;
  }
  const parts = PARTS.flatMap((key) => into(key) ?? []);
  if (parts.length > 0) return together(parts, path);
  const tensors = entries.filter((entry): entry is [string, TensorView] => isTensor(entry[1]));
  if (tensors.length > 0) return { tensors: new Map(tensors), path, ignored: othersOf(value, path, refuse) };
  const others = entries.filter(([key]) => !NO_WEIGHTS.test(key)).flatMap(([key]) => into(key) ?? []);
  const [only, second] = others;
  if (second) {
    const places = others.map((found) => found.path.join('.')).join(', ');
    return refuse(
      'unusable',
      0,
      `several state dicts (${places}) and no telling which is the model's; save one of them alone.`,
    );
  }
  return only;
}

function together(parts: readonly Found[], path: readonly string[]): Found {
  const tensors = new Map<string, TensorView>();
  for (const part of parts) {
    const prefix = part.path[path.length] as string;
    for (const [name, view] of part.tensors) tensors.set(`${prefix}.${name.replace(PREFIX, '')}`, view);
  }
  return { tensors, path, ignored: parts.flatMap(({ ignored }) => ignored) };
}

/** Numbers and texts beside tensors are passed over and told; anything that could hold more weights is not. */
function othersOf({ entries }: PickleDict, path: readonly string[], refuse: Refuse): string[] {
  return [...entries].flatMap(([key, value]) => {
    if (isTensor(value)) {
      if (typeof key === 'string') return [];
      return refuse('unusable', value.offset, `a tensor under the key ${String(key)}, which is no name.`);
    }
    const isOptimizer = typeof key === 'string' && NO_WEIGHTS.test(key);
    const nests = value instanceof PickleDict || value instanceof PickleList || value instanceof PickleTuple;
    if (nests && !isOptimizer) {
      refuse(
        'unusable',
        0,
        `${describe(value)} under ${quote([...path, key].join('.'))} among the tensors of the state dict; save model.state_dict() alone.`,
      );
    }
    return [String(key)];
  });
}

/** Names without what wrappers for several GPUs or for compilation put in front. */
function plainNames(names: readonly string[]): string[] {
  const wrapped = names.every((name) => PREFIX.test(name));
  return names.map((name) => (wrapped ? name.replace(PREFIX, '') : name).replace(INNER_PREFIX, '$1.'));
}
