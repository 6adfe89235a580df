import { EMBEDDING_OPTIONS } from '../common/embed/options.ts';
import { flag, text, type Values, type VerbHelp, whole } from '../common/options.ts';

const MAP = {
  umap: whole({
    min: 0,
    max: 1e6,
    fallback: 5000,
    help: 'maximum number of windows on the UMAP, evenly sampled from all; 0 omits the UMAP',
  }),
  neighbours: whole({
    advanced: true,
    min: 2,
    max: 1000,
    fallback: 15,
    help: 'neighbours of a window in UMAP',
  }),
  seed: whole({ advanced: true, min: 0, max: 2 ** 32 - 1, fallback: 1, help: 'random seed of UMAP' }),
};

const RESULT = {
  out: text({
    value: 'FILE',
    fallback: undefined,
    help: 'the page; by default an .html beside the embeddings, or for recordings in the current folder, with their embeddings as .parquet beside it',
  }),
  overwrite: flag('replace the page, and other embeddings beside it'),
  quiet: flag('print the result only'),
};

const { Recordings, Encoder } = EMBEDDING_OPTIONS;

export const EXPLORE_OPTIONS = { ...MAP, ...Recordings, ...Encoder, ...RESULT };

/** Options that apply to recordings only, not to existing embeddings. */
export const OF_RECORDINGS: readonly string[] = Object.keys({ ...Recordings, ...Encoder });

export type ExploreValues = Values<typeof EXPLORE_OPTIONS>;

export const EXPLORE_HELP: VerbHelp = {
  verb: 'explore',
  positionals: 'EMBEDDINGS...|RECORDINGS...',
  summary:
    'Draws a map of windows: one page that opens offline, with principal components and UMAP, coloured by label, subject, recording and other known fields. Reads embeddings that spotr embed wrote as Parquet (several files, or folders of parts, are read together), or recordings, which it embeds first.',
  sections: { Map: MAP, ...EMBEDDING_OPTIONS, Result: RESULT },
  examples: [
    ['spotr explore e.parquet', 'e.html beside it'],
    ['spotr explore --weights runs/mine night.edf', 'night.parquet, and the map of it in night.html'],
    ['spotr explore --umap 0 --out map.html parts/', 'all parts in a folder, principal components alone'],
  ],
  epilogue: 'Embeddings are personal data: so is the page. Research use, not a medical device.',
};
