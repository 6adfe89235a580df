import { EMBEDDING_OPTIONS } from '../common/embed/options.ts';
import { flag, text, type Values, type VerbHelp, whole } from '../common/options.ts';

const MAP = {
  umap: whole({
    least: 0,
    most: 1e6,
    fallback: 5000,
    help: 'windows on the map of UMAP at most, evenly taken from all; 0 leaves it out',
  }),
  neighbours: whole({ least: 2, most: 1000, fallback: 15, help: 'of a window, that UMAP keeps near it' }),
  seed: whole({ least: 0, most: 2 ** 32 - 1, fallback: 1, help: 'of UMAP' }),
};

const RESULT = {
  out: text({
    value: 'FILE',
    fallback: undefined,
    help: 'the page; by default beside the embeddings, as .html, or of recordings here, with their vectors as .parquet beside it',
  }),
  overwrite: flag('replace the page, and vectors beside it that are of something else'),
  quiet: flag('print the result only'),
};

const { Recordings, Encoder } = EMBEDDING_OPTIONS;

export const EXPLORE_OPTIONS = { ...MAP, ...Recordings, ...Encoder, ...RESULT };

/** Options that say nothing of embeddings which are there already. */
export const OF_RECORDINGS: readonly string[] = Object.keys({ ...Recordings, ...Encoder });

export type ExploreValues = Values<typeof EXPLORE_OPTIONS>;

export const EXPLORE_HELP: VerbHelp = {
  verb: 'explore',
  positionals: 'EMBEDDINGS...|RECORDINGS...',
  summary:
    'Draws a map of windows: one page that opens offline, with principal components and UMAP, coloured by label, subject, recording and whatever else is known. Takes what spotr embed wrote as Parquet (several files, or folders of parts, are read together), or recordings, which it embeds first.',
  sections: { Map: MAP, ...EMBEDDING_OPTIONS, Result: RESULT },
  examples: [
    ['spotr explore e.parquet', 'e.html beside it'],
    ['spotr explore --weights runs/mine night.edf', 'night.parquet, and the map of it in night.html'],
    ['spotr explore --umap 0 --out map.html parts/', 'all parts in a folder, principal components alone'],
  ],
  epilogue: 'Embeddings are personal data: so is the page. Research use, not a medical device.',
};
