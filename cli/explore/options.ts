import { flag, text, type Values, type VerbHelp, whole } from '../options.ts';

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
  out: text({ value: 'FILE', fallback: undefined, help: 'the page; by default beside the file, as .html' }),
  overwrite: flag('replace the page'),
  quiet: flag('print the result only'),
};

export const EXPLORE_OPTIONS = { ...MAP, ...RESULT };

export type ExploreValues = Values<typeof EXPLORE_OPTIONS>;

export const EXPLORE_HELP: VerbHelp = {
  verb: 'explore',
  positionals: 'FILE|FOLDER...',
  summary:
    'Draws a map of the embeddings that spotr embed wrote as Parquet: one page that opens offline, with principal components and UMAP, coloured by label, subject, recording and whatever else is known. Several files, or folders of parts, are read together.',
  sections: { Map: MAP, Result: RESULT },
  examples: [
    ['spotr explore e.parquet', 'e.html beside it'],
    ['spotr explore --umap 0 --out map.html parts/', 'all parts in a folder, principal components alone'],
  ],
  epilogue: 'Embeddings are personal data: so is the page. Research use, not a medical device.',
};
