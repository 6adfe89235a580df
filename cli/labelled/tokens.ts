/** The tokens of a task by the weights that the command line names. */
import type { Engine } from '../../engine/index.ts';
import { type LoadedEncoder, loadEncoder, type Precision, randomEncoder } from '../../model/index.ts';
import type { Columns } from '../../workflows/labelled/baselines.ts';
import type { Task } from '../../workflows/labelled/task.ts';
import { tokensOf } from '../../workflows/labelled/tokens.ts';
import type { FoundEncoder } from '../embed/weights.ts';

/** What is needed to turn the windows of a task into tokens. */
export interface Encoding {
  readonly engine: Engine;
  readonly found: FoundEncoder;
  readonly task: Task;
  readonly values: { readonly embedBatch: number; readonly seed: number; readonly precision?: Precision };
}

/** The token of every window, by the weights that were given. */
export async function tokensBy(encoding: Encoding): Promise<Columns> {
  const { engine, found, values } = encoding;
  return encoded(encoding, loadEncoder(engine, found.config, found.tensors, precisionOf(values)));
}

/** The token of every window, by a random encoder of the same kind. */
export async function untrainedTokensBy(encoding: Encoding): Promise<Columns> {
  const { engine, found, values } = encoding;
  const options = { ...precisionOf(values), compaction: found.compaction };
  return encoded(encoding, randomEncoder(engine, found.config, values.seed, options));
}

const precisionOf = ({ precision }: Encoding['values']) => (precision ? { precision } : {});

async function encoded(
  { engine, task, values }: Encoding,
  { encoder, arenas }: LoadedEncoder,
): Promise<Columns> {
  try {
    return await tokensOf(engine, encoder, task, values.embedBatch);
  } finally {
    arenas.dispose();
  }
}
