/**
 * `npm run test:deno`: all kernels, operations and a few steps of training on wgpu, the WebGPU of Firefox and Deno,
 * beside Dawn on the same driver; with names of parts behind `--`, those alone. Inside Deno, since a panic of its compiler ends the process, as it ends Firefox.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registeredOps } from '../../engine/index.ts';
import { type DeviceToTry, engineOn } from '../support/devices.ts';
import { digestsOf } from '../support/digest.ts';
import { everyKernel } from '../support/every-kernel.ts';
import { runOf } from '../support/tiny-run.ts';
import { bundle } from './bundle.ts';
import { denoProgram, inDeno, type Outcome, useOneDriver } from './child.ts';
import type { Cases, DeviceAsked, Job } from './job.ts';
import { judge, LARGEST_DIFFERENCE, type Reference, type Verdict } from './judge.ts';

const STEPS = 3;
const CASES: Cases = { f32: 4, f16: 3, edges: 24 };
/** Besides the adapter's own: the kernels for graphics cards, and WebGPU's default limits. */
const DEVICES: readonly DeviceAsked[] = [{}, { kind: 'hardware' }, { bare: true }];

const PARTS = ['training', 'operations', 'kernels'] as const;

const nameOf = ({ kind, bare }: DeviceAsked) =>
  kind ? `kernels of the ${kind} row` : bare ? 'default limits, no features' : 'the adapter as it is';

/** The same steps on Dawn. */
async function onDawn({ kind, bare }: DeviceAsked): Promise<Reference> {
  const wishes: DeviceToTry['wishes'] | undefined = bare ? { limits: [], features: [] } : undefined;
  const engine = await engineOn({ level: 'core', ...(wishes && { wishes }), ...(kind && { kind }) });
  try {
    const { losses, weights } = await runOf(engine, { steps: STEPS });
    return { adapter: engine.device.description, losses, weights: await digestsOf(weights) };
  } finally {
    engine.dispose();
  }
}

async function main(): Promise<number> {
  const program = denoProgram();
  if (program === null) {
    console.error(
      `There is no Deno for ${process.platform}-${process.arch} in node_modules: npm ci brings it where there is one.`,
    );
    return 1;
  }
  const asked = process.argv.slice(2);
  const stray = asked.find((part) => !PARTS.some((known) => known === part));
  if (stray !== undefined) {
    console.error(`There is no part "${stray}"; there are ${PARTS.join(', ')}.`);
    return 1;
  }
  const wanted = (part: (typeof PARTS)[number]) => asked.length === 0 || asked.includes(part);
  useOneDriver();
  const folder = mkdtempSync(join(tmpdir(), 'spotr-naga-'));
  try {
    const script = await bundle(folder);
    let failures = 0;
    const run = async (title: string, job: Job, verdictOf: (outcome: Outcome) => Verdict) => {
      const start = performance.now();
      const { lines, problems } = verdictOf(await inDeno(program, script, job));
      console.log(`${title} (${((performance.now() - start) / 1000).toFixed(0)} s)`);
      for (const line of lines) console.log(`  ${line}`);
      for (const problem of problems) console.log(`  FAILED: ${problem}`);
      failures += problems.length;
    };
    for (const device of wanted('training') ? DEVICES : []) {
      const dawn = await onDawn(device);
      const job: Job = { do: 'train', steps: STEPS, device };
      await run(`training, ${nameOf(device)}`, job, (outcome) => judge.training(outcome, dawn, STEPS));
    }
    const ops = [...registeredOps().keys()];
    if (wanted('operations')) {
      await run('operations', { do: 'ops', cases: CASES }, (outcome) =>
        judge.operations(outcome, ops, CASES),
      );
    }
    const names = everyKernel().map(({ name }) => name);
    if (wanted('kernels')) {
      await run('kernels', { do: 'compile' }, (outcome) => judge.kernels(outcome, names));
    }
    console.log(
      failures === 0
        ? `On wgpu all of ${(asked.length > 0 ? asked : PARTS).join(', ')} is right${wanted('training') ? `, losses within ${LARGEST_DIFFERENCE} of Dawn's` : ''}.`
        : `${failures} failures on wgpu.`,
    );
    return failures === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

process.exitCode = await main();
