import { runSubverb, type Subverb } from './common/subverbs.ts';
import { weightsFetch, weightsList, weightsRemove, weightsVerify } from './weights/commands.ts';

const SUBVERBS: Readonly<Record<string, Subverb>> = {
  list: {
    summary: 'list weights that ship with spotr and fetched ones, with sizes, hashes and licences',
    run: weightsList,
  },
  fetch: { summary: 'fetch weights for offline use', run: weightsFetch },
  verify: { summary: 'compare weights with their SHA-256', run: weightsVerify },
  remove: { summary: 'remove fetched weights', run: weightsRemove },
};

const ABOUT =
  'Commands that take --weights take bundled:tiny and bundled:small, which ship with spotr, and hf:OWNER/REPO[@REVISION][/FILE], whose files they fetch once. HF_ENDPOINT names a mirror, HF_TOKEN a token for gated files, SPOTR_WEIGHTS_DIR another cache, and SPOTR_OFFLINE=1 disables fetching.';

/** Weights that ship with spotr and those that are fetched from a model hub. Returns the exit code. */
export function weights(argv: readonly string[]): Promise<number> {
  return runSubverb('weights', SUBVERBS, argv, ABOUT);
}
