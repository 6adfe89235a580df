import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Device } from '../../engine/gpu/device.ts';
import { defineKernel, type KernelSpec, PipelineCache } from '../../engine/gpu/kernel.ts';
import { askForQuads } from '../../engine/gpu/quads.ts';
import { exp, KernelError, openEngine, square, type Tensor } from '../../engine/index.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const SPEC = { shader: 'optim/loss_scale', entry: 'adjust', reads: 1, writes: 1, uniforms: {} } as const;
const kernelOf = (name: string, more: Partial<KernelSpec> = {}) => defineKernel({ name, ...SPEC, ...more });

/** A device that makes objects and remembers what they were made of. */
function fakeDevice() {
  const modules: string[] = [];
  const pipelines: GPUComputePipelineDescriptor[] = [];
  const gpu = {
    createShaderModule: ({ code }: GPUShaderModuleDescriptor) => {
      modules.push(code);
      return { getCompilationInfo: async () => ({ messages: [{ lineNum: 3, message: 'no' }] }) };
    },
    createBindGroupLayout: (descriptor: object) => ({ ...descriptor }),
    createPipelineLayout: (descriptor: object) => ({ ...descriptor }),
    createComputePipelineAsync: vi.fn(async (descriptor: GPUComputePipelineDescriptor) => {
      pipelines.push(descriptor);
      return {};
    }),
  };
  vi.stubGlobal('GPUShaderStage', { COMPUTE: 4 });
  const device = { gpu, limits: { maxStorageBuffersPerShaderStage: 8 } } as unknown as Device;
  return { cache: new PipelineCache(device), gpu, modules, pipelines };
}

describe('pipelines', () => {
  it('share a module where the text is the same, and not where what is joined differs', async () => {
    const { cache, modules } = fakeDevice();
    await cache.get('a', kernelOf('test a'), {});
    await cache.get('b', kernelOf('test b', { entry: 'unscale' }), {});
    expect(modules).toHaveLength(1);
    const convert = { shader: 'elementwise/cast', entry: 'convert' };
    for (const piece of ['lib/values_1', 'lib/values_4'])
      await cache.get(piece, kernelOf(`test ${piece}`, { ...convert, picks: [piece] }), {});
    expect(modules).toHaveLength(3);
    expect(modules[2]).toContain('alias Value = vec4f;');
  });

  it('have a layout each, over one layout of their bindings', async () => {
    const { cache, pipelines } = fakeDevice();
    const [a, b] = [
      await cache.get('a', kernelOf('test a'), {}),
      await cache.get('b', kernelOf('test a'), {}),
    ];
    expect(pipelines).toHaveLength(2);
    expect(pipelines[0]?.layout).not.toBe(pipelines[1]?.layout);
    expect(a.layout).toBe(b.layout);
  });

  it('that failed are tried again, with a new module', async () => {
    const { cache, gpu, modules } = fakeDevice();
    gpu.createComputePipelineAsync.mockRejectedValueOnce(new Error('for once'));
    const failing = cache.get('a', kernelOf('test a'), {});
    // Who asks meanwhile waits for the same one.
    expect(cache.get('a', kernelOf('test a'), {})).toBe(failing);
    await expect(failing).rejects.toThrow(/kernel a does not compile: for once\n {2}line 3: no/);
    expect(cache.size).toBe(0);
    await expect(cache.get('a', kernelOf('test a'), {})).resolves.toHaveProperty('pipeline');
    expect(modules).toHaveLength(2);
  });

  it('of a name are those of one kernel', () => {
    expect(kernelOf('test a')).toBe(kernelOf('test a'));
    expect(() => kernelOf('test a', { entry: 'unscale' })).toThrow(KernelError);
  });
});

/** The device as one that says it has subgroups, so that it is asked about quads. */
function withSubgroups(gpu: GPUDevice): GPUDevice {
  const features = { has: () => true };
  return new Proxy(gpu, {
    get: (target, key) => {
      if (key === 'features') return features;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

describe('on a device', () => {
  it('an operation and a step whose kernel fails to compile once work the next time', async () => {
    const engine = await openEngine();
    const { gpu } = engine.device;
    const compile = vi.spyOn(gpu, 'createComputePipelineAsync');
    const zero = { data: Float32Array.of(0), shape: [1] };
    compile.mockRejectedValueOnce(new Error('for once'));
    await expect(engine.read(square(engine.tensor([3], [1])))).rejects.toThrow(KernelError);
    expect(await engine.read(square(engine.tensor([3], [1])))).toEqual(Float32Array.of(9));
    const step = engine.step('exp', (x) => [exp(x)]);
    compile.mockRejectedValueOnce(new Error('for once'));
    await expect(step.run(zero)).rejects.toThrow(KernelError);
    const [one] = await step.run(zero);
    expect(await engine.read(one as Tensor)).toEqual(Float32Array.of(1));
    engine.dispose();
  });

  it.each([
    [
      'a pipeline that does not compile',
      'createComputePipelineAsync',
      () => Promise.reject(new Error('no quads')),
    ],
    [
      'a call that throws',
      'createShaderModule',
      () => {
        throw new Error('no quads');
      },
    ],
  ] as const)('%s means no quads, and says why', async (_, method, fail) => {
    const engine = await openEngine();
    const { gpu } = engine.device;
    vi.spyOn(gpu, method).mockImplementation(fail as never);
    expect(await askForQuads(withSubgroups(gpu))).toEqual({ inOrder: false, failure: 'no quads' });
    engine.dispose();
  });

  it('that refuses a command of the question there are no quads, and it is said why', async () => {
    const engine = await openEngine();
    const { gpu } = engine.device;
    const create = gpu.createShaderModule.bind(gpu);
    // A module that compiles everywhere, so that it is the command that fails.
    vi.spyOn(gpu, 'createShaderModule').mockImplementation((descriptor) =>
      create({
        ...descriptor,
        code: `override WORKGROUP_Y: u32; @group(0) @binding(0) var<storage, read_write> answers: array<u32>;
          @compute @workgroup_size(4, WORKGROUP_Y) fn in_order(@builtin(local_invocation_index) i: u32) { answers[i] = 1u; }`,
      }),
    );
    expect(await askForQuads(withSubgroups(gpu))).toEqual({ inOrder: true, failure: null });
    const bind = gpu.createBindGroup.bind(gpu);
    vi.spyOn(gpu, 'createBindGroup').mockImplementation((descriptor) => {
      const buffer = gpu.createBuffer({ size: 64, usage: GPUBufferUsage.COPY_DST });
      return bind({ ...descriptor, entries: [{ binding: 0, resource: { buffer } }] });
    });
    const { inOrder, failure } = await askForQuads(withSubgroups(gpu));
    expect(inOrder).toBe(false);
    expect(failure).toMatch(/usage|Storage/i);
    engine.dispose();
  });
});
