import { requestAdapter } from '#platform';
import { AdapterError } from '../engine/errors.ts';
import { UsageError } from './errors.ts';
import { helpText, parseOptions, text, type VerbHelp } from './options.ts';
import { columns, definitionList, type Row, showBytes } from './text.ts';

const OPTIONS = {
  adapter: text({
    value: 'NAME',
    help: "auto (hardware if any answers, else software), hardware, software, or a part of an adapter's name",
    fallback: undefined,
  }),
};

const HELP: VerbHelp = {
  verb: 'doctor',
  summary: 'Says which WebGPU adapter would be used here, why, and what it can do.',
  sections: { Options: OPTIONS },
  examples: [['spotr doctor --adapter software', 'the adapter that computes on the processor']],
  epilogue:
    'The environment variable SPOTR_ADAPTER sets the same for every command, VK_ICD_FILENAMES names Vulkan drivers.',
};

/**
 * Prints the adapter, its features and its limits. Returns the exit code.
 * @throws AdapterError where there is none, with the line that installs one; UsageError for other words.
 */
export async function doctor(argv: readonly string[]): Promise<number> {
  const { values, positionals, help } = parseOptions(argv, OPTIONS);
  if (help) {
    console.log(helpText(HELP, columns()));
    return 0;
  }
  if (positionals.length > 0) throw new UsageError(`doctor takes options only, but got "${positionals[0]}".`);
  await examine(values.adapter);
  return 0;
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

const LABEL_WIDTH = 18;

function section(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`);
  for (const line of definitionList(rows, LABEL_WIDTH, columns())) console.log(line);
}
