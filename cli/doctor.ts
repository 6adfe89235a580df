import { requestAdapter } from '#platform';
import { AdapterError } from '../engine/errors.ts';
import { forgetTuned, matmulChoices, openEngine, recallTuned, tuneMatmul } from '../engine/index.ts';
import { UsageError } from './common/errors.ts';
import { flag, helpText, parseOptions, text, type VerbHelp } from './common/options.ts';
import { print, printRows } from './common/terminal.ts';
import { columns, type Row, showBytes, table, wrap } from './common/text.ts';

const OPTIONS = {
  adapter: text({
    value: 'NAME',
    help: "auto (hardware if any answers, else software), hardware, software, or a part of an adapter's name",
    fallback: undefined,
  }),
  tune: flag('time the matmul kernels on this adapter, and use the fastest from now on'),
  forget: flag('use the kernels of the built-in table again'),
};

const HELP: VerbHelp = {
  verb: 'doctor',
  summary: 'Shows which WebGPU adapter is used here, why, and what it supports.',
  sections: { Options: OPTIONS },
  examples: [
    ['spotr doctor --adapter software', 'the adapter that computes on the processor'],
    ['spotr doctor --tune', 'measure once which kernels are fastest here'],
  ],
  epilogue:
    'The environment variable SPOTR_ADAPTER sets --adapter for every command, VK_ICD_FILENAMES lists the Vulkan drivers to try.',
};

/**
 * Prints the adapter, its features and its limits. Returns the exit code.
 * @throws AdapterError where there is none, with the line that installs one; UsageError for other words.
 */
export async function doctor(argv: readonly string[]): Promise<number> {
  const { values, positionals, help } = parseOptions(argv, OPTIONS);
  if (help) {
    print(helpText(HELP, columns()));
    return 0;
  }
  if (positionals.length > 0) throw new UsageError(`doctor takes options only, but got "${positionals[0]}".`);
  if (values.tune && values.forget) throw new UsageError('--tune and --forget exclude each other.');
  await examine(values.adapter, values);
  return 0;
}

async function examine(
  choice: string | undefined,
  { tune, forget }: { tune: boolean; forget: boolean },
): Promise<void> {
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
  if (forget) await forgetTuned(description);
  if (tune) await tuneHere(choice);
  await showMatmul(choice);
}

async function tuneHere(choice: string | undefined): Promise<void> {
  const engine = await openEngine(choice === undefined ? {} : { adapter: choice });
  try {
    section('Tuning', [['matmul', 'GFLOP/s of every kernel that serves the shape, rows x columns x inner']]);
    await tuneMatmul(engine, ({ shape, class: kind, milliseconds, winner }) => {
      const { m, n, k } = shape;
      const speed = (ms: number) => ((2 * m * n * k) / ms / 1e6).toPrecision(3);
      const cells = Object.entries(milliseconds).map(([name, ms]) => `${name} ${speed(ms)}`);
      section(`${kind}: ${m} x ${n} x ${k}`, [[winner, cells.join(', ')]]);
    });
    print('');
    for (const line of wrap(REMEMBERED, columns())) print(line);
  } finally {
    engine.dispose();
  }
}

const REMEMBERED =
  'Saved for this adapter. Results now differ from earlier ones by rounding, and stay bit-identical until --tune or --forget.';

const FORMS = { nt: 'layer, forward', nn: "input's gradient", tn: "weight's gradient" } as const;

async function showMatmul(choice: string | undefined): Promise<void> {
  const engine = await openEngine(choice === undefined ? {} : { adapter: choice });
  try {
    const tuned = await recallTuned(engine.device.description);
    const from = tuned
      ? `tuned here on ${tuned.measured.slice(0, 10)}; spotr doctor --forget restores the table`
      : 'the built-in table; spotr doctor --tune measures here';
    const { quadsFailure } = engine.device;
    section('Matmul', [
      ['kernels from', from],
      ...(quadsFailure === null ? [] : [['quads', `not used: the query failed, ${quadsFailure}`] as const]),
    ]);
    const choices = matmulChoices(engine.device);
    const rows = (['nt', 'nn', 'tn'] as const).map((form) => [
      FORMS[form],
      ...(['few', 'some', 'many'] as const).map((height) => choices.get(`${form} ${height}`) ?? ''),
    ]);
    for (const line of table(['', 'to 64 rows', 'to 512', 'more'], rows)) print(`  ${line}`);
  } finally {
    engine.dispose();
  }
}

/** The features that kernels can make use of; every one of them is optional. */
function featureRows({ features, info }: GPUAdapter): Row[] {
  const { subgroupMinSize: min, subgroupMaxSize: max } = info;
  const sizes = min === max ? `${min}` : `${min} to ${max}`;
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
  print(`\n${title}`);
  printRows(rows, LABEL_WIDTH);
}
