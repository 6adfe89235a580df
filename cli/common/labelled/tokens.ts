/** The tokens of a task by the weights that the command line names. */
import type { Engine } from '../../../engine/index.ts';
import { type LoadedEncoder, loadEncoder, type Precision, randomEncoder } from '../../../model/index.ts';
import type { Task } from '../../../workflows/labelled/task.ts';
import { type TokenColumns, tokensOf } from '../../../workflows/labelled/tokens.ts';
import type { Say } from '../../../workflows/progress.ts';
import type { FoundEncoder } from '../weights/encoder.ts';

/** What is needed to turn the windows of a task into tokens. */
export interface Encoding {
  readonly engine: Engine;
  readonly found: FoundEncoder;
  readonly task: Task;
  readonly values: { readonly embedBatch: number; readonly seed: number; readonly precision?: Precision };
  readonly say: Say;
}

/** The tokens of every window, by the weights that were given. */
export async function tokensBy(encoding: Encoding): Promise<TokenColumns> {
  const { engine, found, values } = encoding;
  return encoded(
    encoding,
    loadEncoder(engine, found.config, found.tensors, precisionOf(values)),
    'SPOTR tokens',
  );
}

/** The tokens of every window, by a random encoder of the same kind. */
export async function untrainedTokensBy(encoding: Encoding): Promise<TokenColumns> {
  const { engine, found, values } = encoding;
  const options = { ...precisionOf(values), compaction: found.compaction };
  return encoded(
    encoding,
    randomEncoder(engine, found.config, values.seed, options),
    'tokens of the random encoder',
  );
}

const precisionOf = ({ precision }: Encoding['values']) => (precision ? { precision } : {});

async function encoded(
  { engine, task, values, say }: Encoding,
  { encoder, arenas }: LoadedEncoder,
  what: string,
): Promise<TokenColumns> {
  try {
    return await tokensOf(engine, encoder, task, values.embedBatch, say, what);
  } finally {
    arenas.dispose();
  }
}
