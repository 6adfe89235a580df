import { type Constants, type Kernel, kernelSource } from '../../engine/gpu/kernel.ts';
import { fitTile, ROW_TILES } from '../../engine/kernels/norm.ts';
import { MATMUL_VARIANTS } from '../../engine/matmul/variants.ts';
import { declared, withoutComments } from '../shaders/array-sizes.ts';

/** Limits of WebGPU's compatibility mode, to which tiles are cut. */
const SMALL = {
  maxComputeInvocationsPerWorkgroup: 128,
  maxComputeWorkgroupSizeX: 128,
  maxComputeWorkgroupSizeY: 128,
  maxComputeWorkgroupStorageSize: 16384,
} as GPUSupportedLimits;

const tiles = [...Object.values(ROW_TILES), ...Object.values(ROW_TILES).map((tile) => fitTile(tile, SMALL))];
const workgroups = Object.values(MATMUL_VARIANTS).map(({ workgroup }) => workgroup);
const SWITCH = [0, 1];

/**
 * Values that the engine gives to each set of overrides that it gives together. Of more than two the middle ones make no
 * other code; a driver takes seconds for each.
 */
const VALUES: readonly (readonly Constants[])[] = [
  tiles.map(({ lanes, rows }) => ({ LANES: lanes, ROWS: rows })),
  tiles.map(({ down, columns }) => ({ DOWN: down, COLUMNS: columns })),
  workgroups.map(([x, y]) => ({ WORKGROUP_X: x, WORKGROUP_Y: y })),
  // A head in parts, whole, and in pairs of rows.
  [
    { MATS: 3, WHOLE: 0, PAIR: 0 },
    { MATS: 2, WHOLE: 1, PAIR: 1 },
  ],
  [1, 4].map((AXES) => ({ AXES })),
  [{ WORKGROUP: 64 }],
  [{ ROUNDS: 16 }],
  ...['CARRIED', 'EQUAL_SHAPES', 'GELU', 'RESIDUAL', 'TRANSPOSE_A', 'TRANSPOSE_B', 'WIDE'].map((name) =>
    SWITCH.map((value) => ({ [name]: value })),
  ),
];

/**
 * Constants with which a kernel is compiled: of every set of overrides that its entry point reaches the first values,
 * and the last.
 * @throws where the kernel has an override that this file does not know
 */
export function constantsOf(kernel: Kernel): Constants[] {
  const source = kernelSource(kernel);
  const overrides = declared('override', source);
  const known = new Set(VALUES.flatMap((values) => Object.keys(values[0] ?? {})));
  const stray = [...overrides].find((name) => !known.has(name));
  if (stray)
    throw new Error(
      `${kernel.name}: what values its override ${stray} takes is not in test/naga/constants.ts.`,
    );
  const reached = reachedFrom(kernel.entry, source);
  const used = VALUES.filter(([first]) =>
    Object.keys(first ?? {}).some((name) => overrides.has(name) && reached.has(name)),
  );
  // What is given must be declared, and a set's names may stand in different files.
  const together = (index: 0 | -1) =>
    Object.fromEntries(
      used.flatMap((values) =>
        Object.entries(values.at(index) ?? {}).filter(([name]) => overrides.has(name)),
      ),
    );
  const unique = new Map(
    [together(0), together(-1)].map((constants) => [JSON.stringify(constants), constants]),
  );
  return [...unique.values()];
}

/** Every name in the entry point, its attributes and all that these lead to. */
function reachedFrom(entry: string, source: string): ReadonlySet<string> {
  const declarations = new Map<string, string>();
  // From one declaration of the module to the next, each with the attributes before it.
  const text = withoutComments(source).replace(/^(@[^\n]*)\s+(?=fn\b)/gm, '$1 ');
  for (const part of text.split(/^(?=[@\w])/m)) {
    const name = /\b(?:fn|var(?:<[^>]*>)?|const|override|struct|alias)\s+(\w+)/.exec(part)?.[1];
    if (name !== undefined) declarations.set(name, part);
  }
  const reached = new Set<string>();
  const follow = (name: string) => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const [other] of declarations.get(name)?.matchAll(/[A-Za-z_]\w*/g) ?? []) follow(other);
  };
  follow(entry);
  return reached;
}
