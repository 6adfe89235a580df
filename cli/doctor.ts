import { parseArgs } from 'node:util';
import { requestAdapter } from '#platform';
import { AdapterError } from '../engine/errors.ts';

const HELP = `spotr doctor: which WebGPU adapter would be used here, and why

  --adapter NAME   auto (default), hardware, software, or a part of an adapter's name
  --help           this text

The environment variable SPOTR_ADAPTER sets the same for every command, VK_ICD_FILENAMES names Vulkan drivers.`;

type Row = readonly [label: string, value: string];

/**
 * Prints the adapter, its features and its limits. Returns the exit code: 0 where there is an adapter that opens, 1
 * where there is none (the reason and the line that installs one go to standard error), 2 for options it does not know.
 */
export async function doctor(argv: string[]): Promise<number> {
  let options: { adapter?: string; help?: boolean };
  try {
    const known = { adapter: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
    options = parseArgs({ args: argv, options: known }).values;
  } catch (error) {
    console.error(`spotr doctor: ${error instanceof Error ? error.message : String(error)} Try --help.`);
    return 2;
  }
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  try {
    await examine(options.adapter);
    return 0;
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    console.error(`spotr doctor: ${error.message}`);
    return 1;
  }
}

async function examine(choice: string | undefined): Promise<void> {
  const { adapter, kind, description, why } = await requestAdapter(
    choice === undefined ? {} : { adapter: choice },
  );
  const device = await adapter.requestDevice().catch((cause: unknown) => {
    throw new AdapterError(
      `${description} was found but does not open: ${String(cause)}; update its driver`,
      { cause },
    );
  });
  device.destroy();
  section('Adapter', [
    ['name', description],
    ['kind', kind],
    ['why', why],
    ['runtime', `Node ${process.versions.node} on ${process.platform}-${process.arch}`],
  ]);
  section('Features', featureRows(adapter));
  section('Limits', limitRows(adapter.limits));
}

/** The features that kernels can make use of; every one of them is optional. */
function featureRows({ features, info }: GPUAdapter): Row[] {
  const { subgroupMinSize: least, subgroupMaxSize: most } = info;
  const sizes = least === most ? `${least}` : `${least} to ${most}`;
  const used: [GPUFeatureName, string][] = [
    ['shader-f16', 'half precision in kernels'],
    ['subgroups', `of ${sizes} invocations`],
    ['timestamp-query', 'kernels can be timed on the device'],
  ];
  return used.map(([name, meaning]) => [name, features.has(name) ? `yes, ${meaning}` : 'no']);
}

function limitRows(limits: GPUSupportedLimits): Row[] {
  const { maxComputeWorkgroupSizeX: x, maxComputeWorkgroupSizeY: y, maxComputeWorkgroupSizeZ: z } = limits;
  return [
    ['storage binding', showBytes(limits.maxStorageBufferBindingSize)],
    ['buffer', showBytes(limits.maxBufferSize)],
    ['storage buffers', `${limits.maxStorageBuffersPerShaderStage} in a shader`],
    ['workgroup memory', showBytes(limits.maxComputeWorkgroupStorageSize)],
    ['workgroup', `${limits.maxComputeInvocationsPerWorkgroup} invocations, at most ${x} x ${y} x ${z}`],
    ['dispatch', `${limits.maxComputeWorkgroupsPerDimension} workgroups a dimension`],
  ];
}

/** Bytes in the largest binary unit that keeps them at 1 or more, e.g. `128 MiB`. */
export function showBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${units[power]}`;
}

const LABEL_WIDTH = 18;

function section(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`);
  const width = Math.max(40, Math.min(process.stdout.columns ?? 100, 100) - LABEL_WIDTH - 2);
  for (const [label, value] of rows) {
    const [first, ...others] = wrap(value, width);
    console.log(`  ${label.padEnd(LABEL_WIDTH)}${first}`);
    for (const line of others) console.log(`  ${' '.repeat(LABEL_WIDTH)}${line}`);
  }
}

/** Breaks text between words into lines of at most `width` characters. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
