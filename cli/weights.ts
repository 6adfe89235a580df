import { runSubverb, type Subverb } from './common/subverbs.ts';
import { weightsFetch, weightsList, weightsRemove, weightsVerify } from './weights/commands.ts';

const SUBVERBS: Readonly<Record<string, Subverb>> = {
  list: {
    summary: 'what ships with spotr and what was fetched, with sizes, hashes and licences',
    run: weightsList,
  },
  fetch: { summary: 'fetch weights now, to have them offline', run: weightsFetch },
  verify: { summary: 'compare both with their hashes', run: weightsVerify },
  remove: { summary: 'remove what was fetched', run: weightsRemove },
};

const ABOUT =
  'Commands that take --weights take bundled:tiny and bundled:small, which ship with spotr, and hf:OWNER/REPO[@REVISION][/FILE], of which they fetch what they need once. HF_ENDPOINT names a mirror, HF_TOKEN a token for gated files, SPOTR_WEIGHTS_DIR another cache, and SPOTR_OFFLINE=1 forbids to fetch.';

/** Weights that ship with spotr and those that are fetched from a model hub. Returns the exit code. */
export function weights(argv: readonly string[]): Promise<number> {
  return runSubverb('weights', SUBVERBS, argv, ABOUT);
}
