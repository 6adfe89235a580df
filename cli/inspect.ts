import { resolve } from 'node:path';
import { quote } from '../base/quote.ts';
import {
  type ConditioningGuess,
  countOf,
  type FoundConfig,
  findConfig,
  guessConditioning,
  type OpenCheckpoint,
  openCheckpoint,
  partMisfits,
} from '../checkpoint/index.ts';
import { readHashedCheckpoint } from '../checkpoint/node.ts';
import type { ChannelContract } from '../data/index.ts';
import { firstOf } from '../model/state.ts';
import { montagesInWords } from '../workflows/channel-contract.ts';
import { describeCheckpoint, openFile } from './common/checkpoint-files.ts';
import { readEmbeddings } from './common/embeddings/read.ts';
import { summaryOf, toldBy } from './common/embeddings/summary.ts';
import { UsageError } from './common/errors.ts';
import { helpText, parseOptions, type VerbHelp } from './common/options.ts';
import { print, printRows } from './common/terminal.ts';
import { columns, type Row, showCount, table } from './common/text.ts';
import { checkPublished } from './common/weights/published-check.ts';
import { resolveWeights } from './common/weights/resolve.ts';
import { OFFLINE } from './common/weights/settings.ts';
import { readTrainedOn, trainedInWords } from './common/weights/trained-on.ts';

// The only one: nothing stands above it.
const OPTIONS = { offline: { ...OFFLINE, advanced: false } };

const HELP: VerbHelp = {
  verb: 'inspect',
  positionals: 'FILE|RUN|EMBEDDINGS|hf:OWNER/REPO|bundled:NAME',
  summary:
    'Shows what a .safetensors, .pt or .pth file contains: tensors, model size, SHA-256, whether the model is complete, and with which conditioning its decoder was trained. Every tensor is read and checked. For embeddings (.parquet, as written by spotr embed) it shows their number, recordings and weights.',
  sections: { Options: OPTIONS },
  examples: [
    ['spotr inspect encoder.pt', 'any file of weights'],
    ['spotr inspect e.parquet', 'the embeddings that spotr embed wrote'],
    ['spotr inspect bundled:tiny', 'the encoder that ships with spotr'],
    ['spotr inspect hf:5gyyyyy/SPOTR', 'the encoder of a repository on the model hub, fetched once'],
  ],
  epilogue: 'A pickle is parsed, never executed: a file with anything but named tensors is rejected.',
};

/**
 * Prints what is in a checkpoint. Returns the exit code: 1 where the tensors are not a whole model.
 * @throws CheckpointError for a file that is none.
 */
export async function inspect(argv: readonly string[]): Promise<number> {
  const { values, positionals, help } = parseOptions(argv, OPTIONS);
  if (help) {
    print(helpText(HELP, columns()));
    return 0;
  }
  const [word, further] = positionals;
  if (word === undefined || further !== undefined) {
    throw new UsageError(`inspect takes one file, but got ${positionals.length}; write spotr inspect FILE.`);
  }
  if (word.endsWith('.parquet')) {
    const embeddings = await readEmbeddings([resolve(word)]);
    printRows([...summaryOf(embeddings), ...toldBy(embeddings)]);
    print('\n  spotr explore draws a map of them.');
    return 0;
  }
  const { encoder: file } = await resolveWeights(word, ['encoder'], values);
  const { path } = file;
  const source = await openFile(path);
  const checkpoint = await openCheckpoint(source, file.name);
  const found = findConfig(checkpoint.tensors);
  const { tensors, sha256 } = await readHashedCheckpoint(source, file.name, { integers: 'round' });
  checkPublished(path, sha256);
  const trained = readTrainedOn(checkpoint.metadata, file.name);
  const rows: Row[] = [
    ...(file.name === path ? [] : [['weights', file.name] as const]),
    ...describeCheckpoint(path, checkpoint, sha256),
    ['model', modelOf(found)],
    ...(trained ? [['trained on', trainedInWords(trained)] as const] : []),
    ...contractRows(trained?.contract),
    ...conditioningRow(guessConditioning(tensors)),
  ];
  printRows(rows);
  const problems = partMisfits(checkpoint.tensors, found);
  if (problems.length > 0) print('\nNot a whole model:');
  for (const problem of firstOf(problems)) print(`  ${problem}`);
  print('');
  for (const line of tensorTable(checkpoint)) print(`  ${line}`);
  return problems.length > 0 ? 1 : 0;
}

function contractRows(contract: ChannelContract | undefined): Row[] {
  if (!contract) return [];
  const { rate, mains } = contract;
  const hum = mains === undefined ? '' : `, with --mains ${mains}`;
  return [
    ['  rate', `${rate} Hz${hum}`],
    ...montagesInWords(contract).map((line): Row => ['  channels', line]),
  ];
}

function modelOf({ parts, size, config, classes, compaction }: FoundConfig): string {
  if (size === 'none') return 'none of SPOTR';
  const { encoderDim, decoderDim, encoderLayers, decoderLayers, patch, heads } = config;
  const facts = [
    parts.includes('encoder') && `encoder ${encoderDim ?? '?'} wide, ${encoderLayers} layers`,
    compaction === 'none' && 'without the compactor (flattened patches)',
    parts.includes('decoder') && `decoder ${decoderDim ?? '?'} wide, ${decoderLayers} layers`,
    `patches of ${patch ?? '?'} samples`,
    `${heads} heads assumed (the shapes do not show it)`,
    classes !== undefined && `${classes} classes`,
  ];
  return `${size}: ${facts.filter(Boolean).join(', ')}`;
}

function conditioningRow(guess: ConditioningGuess | undefined): Row[] {
  if (!guess) return [];
  const { conditioning, certainty, why, queryKey, valueOutput } = guess;
  const sizes = `wq and wk ${queryKey.toFixed(3)}, wv and wo ${valueOutput.toFixed(3)} of fresh weights`;
  const verdict = certainty === 'none' ? conditioning : `${conditioning}, ${certainty}`;
  return [['conditioning', `${verdict}: ${why} Cross-attention: ${sizes}.`]];
}

function tensorTable({ tensors }: OpenCheckpoint): string[] {
  const rows = tensors.map(({ name, dtype, shape }) => {
    const shown = quote(name).slice(1, -1);
    return [shown, dtype, `[${shape.join(', ')}]`, showCount(countOf(shape))];
  });
  return table(['tensor', 'type', 'shape', 'values'], rows);
}
