import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { encodeStored, encodeTorch, openCheckpoint } from '../checkpoint/index.ts';
import { sha256 } from '../checkpoint/node.ts';
import { nodeFileSource } from '../data/node.ts';
import { describeCheckpoint, openFile } from './common/checkpoint-files.ts';
import { CommandError, UsageError } from './common/errors.ts';
import { writeAtomically } from './common/files.ts';
import { flag, helpText, parseOptions, type VerbHelp } from './common/options.ts';
import { print, printRows } from './common/terminal.ts';
import { columns } from './common/text.ts';

const OPTIONS = { overwrite: flag('replace OUT if it exists') };

const HELP: VerbHelp = {
  verb: 'convert',
  positionals: 'IN OUT',
  summary:
    'Converts the weights of a .safetensors, .pt or .pth file to the format given by the ending of OUT. The format of IN is detected from its bytes. Values and their types stay bit-identical; of a training state only the model is converted.',
  sections: { Options: OPTIONS },
  examples: [
    ['spotr convert encoder.pt encoder.safetensors', 'from PyTorch'],
    ['spotr convert encoder.safetensors encoder.pt', 'to PyTorch, for torch.load(..., weights_only=True)'],
  ],
  epilogue: 'A pickle is parsed, never executed: a file with anything but named tensors is rejected.',
};

/**
 * Converts a checkpoint. Returns the exit code.
 * @throws CheckpointError for a file that is none, CommandError for one that is in the way.
 */
export async function convert(argv: readonly string[]): Promise<number> {
  const { values, positionals, help } = parseOptions(argv, OPTIONS);
  if (help) {
    print(helpText(HELP, columns()));
    return 0;
  }
  const [from, to, further] = positionals;
  if (from === undefined || to === undefined || further !== undefined) {
    throw new UsageError(
      `convert takes two files, but got ${positionals.length}; write spotr convert IN OUT.`,
    );
  }
  const encode = encoderFor(to);
  if (existsSync(to) && !values.overwrite) {
    throw new CommandError(`"${to}" already exists; choose another name, or replace it with --overwrite.`);
  }
  const source = await openFile(from);
  const checkpoint = await openCheckpoint(source, from);
  const before = await sha256(source, from);
  const bytes = await encode(checkpoint);
  writeAtomically(to, bytes);
  const rows = [
    ...describeCheckpoint(from, checkpoint, before),
    ['written', to] as const,
    ['sha256', await sha256(await nodeFileSource(to), to)] as const,
  ];
  printRows(rows);
  return 0;
}

type Opened = Awaited<ReturnType<typeof openCheckpoint>>;

function encoderFor(path: string): (checkpoint: Opened) => Promise<Uint8Array> {
  const extension = extname(path).toLowerCase();
  if (extension === '.pt' || extension === '.pth') {
    // A PyTorch file states its format itself.
    return ({ tensors, metadata: { format: _, ...metadata } }) => encodeTorch(tensors, metadata);
  }
  if (extension === '.safetensors') {
    // Other programs look for the format entry.
    return ({ tensors, metadata }) => encodeStored(tensors, { format: 'pt', ...metadata });
  }
  throw new UsageError(`The name "${path}" must end in .safetensors, .pt or .pth, which selects the format.`);
}
