/** Runs in Deno, whose WebGPU is wgpu and its compiler naga, as Firefox's is. A panic of naga ends the process. */
import { requestAdapter } from '#platform';
import { guarded } from '../../engine/gpu/command.ts';
import { deviceOn, WISHES } from '../../engine/gpu/device.ts';
import { type Kernel, kernelSource, PipelineCache } from '../../engine/gpu/kernel.ts';
import { Engine, registeredOps } from '../../engine/index.ts';
import { canStoreHalf } from '../support/check-op.ts';
import { digestsOf } from '../support/digest.ts';
import { everyKernel } from '../support/every-kernel.ts';
import { checkCases, checkEdgeCases } from '../support/op-cases.ts';
import { references } from '../support/references.ts';
import { runOf } from '../support/tiny-run.ts';
import { constantsOf } from './constants.ts';
import type { Cases, DeviceAsked, Job, Said } from './job.ts';

declare const Deno: { readonly args: readonly string[]; exit(code: number): never };

const say = (said: Said) => console.log(JSON.stringify(said));
const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function open({ kind, bare = false }: DeviceAsked = {}): Promise<Engine> {
  const opened = await requestAdapter();
  const wishes = bare ? { limits: [], features: [] } : WISHES;
  const engine = new Engine(await deviceOn({ ...opened, kind: kind ?? opened.kind }, wishes));
  say({ is: 'open', adapter: engine.device.description, features: [...engine.device.features] });
  return engine;
}

/** The feature that a kernel needs and the device lacks. */
function missing(kernel: Kernel, features: ReadonlySet<string>): string | null {
  const enabled = [...kernelSource(kernel).matchAll(/^enable (\w+);/gm)].map(([, name]) => name);
  const needed = enabled.map((name) => (name === 'f16' ? 'shader-f16' : String(name)));
  return needed.find((name) => !features.has(name)) ?? null;
}

/** Every kernel for every element type with every constant that the engine gives, through the engine's own cache. */
async function compileAll(only = ''): Promise<void> {
  const { device, recorder } = await open();
  let pipelines = 0;
  for (const kernel of everyKernel()) {
    if (!kernel.name.startsWith(only)) continue;
    const feature = missing(kernel, device.features);
    if (feature !== null) {
      say({ is: 'left out', kernel: kernel.name, feature });
      continue;
    }
    for (const constants of constantsOf(kernel)) {
      const key = PipelineCache.keyOf(kernel, constants);
      say({ is: 'begun', what: key });
      try {
        await guarded(device, key, async () => recorder.pipelines.get(key, kernel, constants));
        pipelines++;
      } catch (error) {
        say({ is: 'failed', what: key, why: textOf(error) });
      }
    }
  }
  say({ is: 'compiled', pipelines });
}

async function tryOps({ f32, f16, edges }: Cases): Promise<void> {
  const engine = await open();
  const half = engine.device.features.has('shader-f16');
  for (const op of registeredOps().keys()) {
    say({ is: 'begun', what: op });
    try {
      const reference = references.find((other) => other.op === op);
      if (!reference) throw new Error('there is no reference for it');
      say({
        is: 'op',
        op,
        f32: await checkCases(engine, reference, f32),
        f16: half && canStoreHalf(reference) ? await checkCases(engine, reference, f16, 'f16') : 0,
        edges: await checkEdgeCases(engine, reference, edges),
      });
    } catch (error) {
      say({ is: 'failed', what: op, why: textOf(error) });
    }
  }
}

async function train(steps: number, device: DeviceAsked): Promise<void> {
  const engine = await open(device);
  say({ is: 'begun', what: `${steps} steps of training` });
  const { losses, weights } = await runOf(engine, { steps });
  say({ is: 'trained', losses, weights: await digestsOf(weights) });
}

async function compileModule(wgsl: string): Promise<void> {
  const { device } = await open();
  say({ is: 'begun', what: 'a module' });
  const module = device.gpu.createShaderModule({ code: wgsl });
  await device.gpu.createComputePipelineAsync({ layout: 'auto', compute: { module } });
}

const job = JSON.parse(Deno.args[0] ?? 'null') as Job;
try {
  if (job.do === 'compile') await compileAll(job.only);
  else if (job.do === 'ops') await tryOps(job.cases);
  else if (job.do === 'train') await train(job.steps, job.device);
  else await compileModule(job.wgsl);
  say({ is: 'done' });
} catch (error) {
  say({ is: 'failed', what: job.do, why: textOf(error) });
}
Deno.exit(0);
