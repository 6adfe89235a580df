/** What `spotr weights` does with weights that ship with spotr and those that were fetched: list, fetch, verify, remove. */
import { existsSync } from 'node:fs';
import { UsageError } from '../common/errors.ts';
import { flag, helpText, type OptionTable, parseOptions, type VerbHelp } from '../common/options.ts';
import { RUN_FILES } from '../common/run/run-folder.ts';
import { print, printError } from '../common/terminal.ts';
import { columns, nearPaths, plural, showBytes, table } from '../common/text.ts';
import { waitForLock } from '../common/turn.ts';
import { version } from '../common/version.ts';
import { bundledFolder, bundledNames, bundledStates } from '../common/weights/bundled.ts';
import { type BlobState, type Pin, pinWord, WeightsCache } from '../common/weights/cache.ts';
import { readPublished } from '../common/weights/read-published.ts';
import { bundledWord, hubWord, isBundledWord, parseHubWord } from '../common/weights/reference.ts';
import { hubSettings, OFFLINE } from '../common/weights/settings.ts';

const WORDS = 'hf:OWNER/REPO[@REVISION][/FILE]...';

const ALL = { all: flag('all fetched weights, and the rests of interrupted fetches') };

const help = (
  name: string,
  about: Pick<VerbHelp, 'summary' | 'examples'> & { words?: string; options?: OptionTable },
): VerbHelp => ({
  verb: `weights ${name}`,
  positionals: about.words ?? WORDS,
  summary: about.summary,
  sections: { Options: about.options ?? {} },
  examples: about.examples,
});

const HELP = {
  list: help('list', {
    words: '',
    summary:
      'Lists the weights that ship with spotr, those that were fetched from a model hub, and where they are kept.',
    examples: [['spotr weights list', 'without the network']],
  }),
  fetch: help('fetch', {
    summary:
      'Fetches weights for offline use: the named file, or the encoder and the decoder of a repository, which are identified by their tensors. Weights that were fetched before are compared with the hub; other bytes under the same name are rejected.',
    options: { offline: OFFLINE },
    examples: [['spotr weights fetch hf:5gyyyyy/SPOTR', "the authors' weights"]],
  }),
  verify: help('verify', {
    words: `[${WORDS}|bundled:NAME...]`,
    summary:
      'Reads all or the named weights, and compares them with the SHA-256 of their publication or fetch. Exits with 1 if any is damaged or missing.',
    examples: [['spotr weights verify', 'without the network']],
  }),
  remove: help('remove', {
    words: `[${WORDS}]`,
    summary: 'Removes fetched weights and their pinned SHA-256, so that a later fetch may bring other bytes.',
    options: ALL,
    examples: [
      ['spotr weights remove hf:5gyyyyy/SPOTR', 'all of its files that were fetched at main'],
      ['spotr weights remove --all', 'everything'],
    ],
  }),
};

/** Parses a command line; undefined where it asked for help and got it. */
function asked<Table extends OptionTable>(name: keyof typeof HELP, argv: readonly string[], options: Table) {
  const parsed = parseOptions(argv, options);
  if (!parsed.help) return parsed;
  print(helpText(HELP[name], columns()));
  return undefined;
}

const cacheHere = () => new WeightsCache(hubSettings().cache);

export async function weightsList(argv: readonly string[]): Promise<number> {
  const parsed = asked('list', argv, {});
  if (!parsed) return 0;
  if (parsed.positionals.length > 0)
    throw new UsageError('weights list takes no names; write spotr weights list.');
  const cache = cacheHere();
  const { pins, damaged } = cache.all();
  const rows = [...bundledNames().map(bundledRow), ...pins.map((pin) => pinRow(cache, pin))];
  for (const line of table(['weights', 'size', 'commit', 'SHA-256', 'licence', 'from'], rows))
    print(`  ${line}`);
  print('');
  if (pins.length === 0 && damaged.length === 0)
    print(`  No weights were fetched into ${nearPaths(cache.folder)}.`);
  else print(`  What was fetched is in ${nearPaths(cache.folder)}.`);
  const cut = cache.partials();
  if (cut.length > 0)
    print(
      `  Of ${plural(cut.length, 'file')} whose fetch was interrupted, ${showBytes(cut.reduce((sum, { size }) => sum + size, 0))} are kept: fetching resumes from there, remove --all removes them.`,
    );
  for (const problem of damaged) printError(`  ${problem}`);
  return damaged.length > 0 ? 1 : 0;
}

/** The size of both parts, and the hash of each. */
function bundledRow(name: string): string[] {
  const { files, license } = readPublished(bundledFolder(bundledWord(name)));
  const size = Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0);
  const parts = [RUN_FILES.encoder, RUN_FILES.decoder];
  const hash = parts.map((part) => files[part]?.sha256.slice(0, 12) ?? 'missing').join(', ');
  return [bundledWord(name), showBytes(size), '-', hash, license, `spotr ${version()}`];
}

function pinRow(cache: WeightsCache, pin: Pin): string[] {
  return [
    pinWord(pin),
    cache.has(pin) ? showBytes(pin.size) : 'missing',
    pin.commit.slice(0, 8),
    pin.sha256.slice(0, 12),
    pin.licence ?? 'not stated',
    `fetched ${pin.fetched}`,
  ];
}

export async function weightsFetch(argv: readonly string[]): Promise<number> {
  const parsed = asked('fetch', argv, { offline: OFFLINE });
  if (!parsed) return 0;
  if (parsed.positionals.length === 0)
    throw new UsageError(`weights fetch needs ${WORDS}, such as hf:5gyyyyy/SPOTR.`);
  const settings = hubSettings(parsed.values.offline);
  const { fetchWord } = await import('../common/weights/online.ts');
  for (const word of parsed.positionals)
    for (const pin of await fetchWord(word, settings))
      print(`  ${pinWord(pin)} is in the cache: ${showBytes(pin.size)}, SHA-256 ${pin.sha256}.`);
  return 0;
}

export async function weightsVerify(argv: readonly string[]): Promise<number> {
  const parsed = asked('verify', argv, {});
  if (!parsed) return 0;
  const cache = cacheHere();
  const words = parsed.positionals;
  const bundled = words.length === 0 ? bundledNames().map(bundledWord) : words.filter(isBundledWord);
  const fetched = words.filter((word) => !isBundledWord(word));
  const isAsked = words.length === 0 || fetched.length > 0;
  const { pins, damaged } = isAsked ? pinsFor(cache, fetched) : { pins: [], damaged: [] };
  const states: BlobState[] = [];
  for (const word of bundled) states.push(...(await verifyBundled(word)));
  for (const pin of pins) {
    const state = await cache.stateOf(pin);
    states.push(state);
    print(`  ${pinWord(pin)}: ${state}${state === 'whole' ? `, SHA-256 ${pin.sha256}` : ''}`);
    if (state !== 'whole') print(`    To repair it: spotr weights fetch ${pinWord(pin)}`);
  }
  for (const problem of damaged) printError(`  ${problem}`);
  if (isAsked && pins.length === 0 && damaged.length === 0)
    print(`  No weights were fetched into ${nearPaths(cache.folder)}.`);
  return damaged.length > 0 || states.some((state) => state !== 'whole') ? 1 : 0;
}

async function verifyBundled(word: string): Promise<BlobState[]> {
  const files = await bundledStates(word);
  for (const { name, state, sha256 } of files) {
    print(`  ${word}, ${name}: ${state}${state === 'whole' ? `, SHA-256 ${sha256}` : ''}`);
    if (state !== 'whole') print('    To repair it: install spotr again');
  }
  return files.map(({ state }) => state);
}

/** Of those named, or of all. @throws UsageError for one that was not fetched. */
function pinsFor(cache: WeightsCache, words: readonly string[]): { pins: Pin[]; damaged: string[] } {
  if (words.length === 0) return cache.all();
  const pins = words.flatMap((word) => {
    const reference = parseHubWord(word);
    const own = cache.pinsNamed(reference);
    if (own.length > 0) return own;
    throw new UsageError(`${hubWord(reference)} was not fetched; spotr weights list shows what was.`);
  });
  return { pins, damaged: [] };
}

export async function weightsRemove(argv: readonly string[]): Promise<number> {
  const parsed = asked('remove', argv, ALL);
  if (!parsed) return 0;
  const { positionals, values } = parsed;
  if (values.all === positionals.length > 0)
    throw new UsageError(`weights remove needs ${WORDS}, or --all alone.`);
  const ships = positionals.find(isBundledWord);
  if (ships !== undefined)
    throw new UsageError(
      `"${ships}" ships with spotr, in its own folder, and stays; ${WORDS} can be removed.`,
    );
  const cache = cacheHere();
  const references = positionals.map(parseHubWord);
  pinsFor(cache, positionals);
  if (!existsSync(cache.folder)) {
    print(`  No weights were fetched into ${nearPaths(cache.folder)}.`);
    return 0;
  }
  const lock = await waitForLock(cache.folder);
  try {
    if (values.all) {
      cache.clear();
      print(`  Nothing that was fetched is left in ${nearPaths(cache.folder)}.`);
    }
    for (const reference of references)
      for (const pin of cache.remove(reference)) print(`  ${pinWord(pin)} is removed, and its pin.`);
  } finally {
    lock.dispose();
  }
  return 0;
}
