import { readShader } from '#platform';
import type { Device } from './device.ts';
import type { DType, FloatType } from './dtype.ts';
import { KernelError } from './errors.ts';

/** Aliases that a kernel may declare its bindings with: `Stored` and `Stored4`, `Result` and `Result4`. */
type ElementAlias = 'stored' | 'result';

type UniformKind = 'u32' | 'i32' | 'f32' | 'vec4u';

/**
 * One entry point of a WGSL file. Bindings of group 0, in this order: the uniform block `params` at 0, then the
 * tensors only read, then the tensors written.
 */
export interface KernelSpec {
  /** Unique name, for messages, labels and traces. */
  readonly name: string;
  /** Files of `shaders/` joined in order; a shared one comes first. */
  readonly shader: string | readonly string[];
  /** Files of directives alone, which WGSL wants before everything else. */
  readonly directives?: readonly string[];
  readonly entry: string;
  readonly reads: number;
  readonly writes: number;
  /** Fields of `struct Params`, in the order of the struct; `vec4u` fields stand first. */
  readonly uniforms: Readonly<Record<string, UniformKind>>;
  /**
   * Which bindings, counted from 0 at the first tensor read, are declared with which alias: their tensors may be f32
   * or f16, all of one alias alike. All others are never f16.
   */
  readonly elements?: Readonly<Partial<Record<ElementAlias, readonly number[]>>>;
  /** One-line functions of the file whose returned expression is replaced: rows of the elementwise table. */
  readonly expressions?: Readonly<Record<string, string>>;
}

/** What the aliases stand for; f32 where it is not said. */
type ElementTypes = Readonly<Record<ElementAlias, FloatType>>;

export type Kernel = KernelSpec & {
  readonly types: ElementTypes;
  /** The kernels of this one for other element types, as they were asked for. */
  readonly twins: Map<string, Kernel>;
};

export type Constants = Readonly<Record<string, number>>;
export type UniformValues = Readonly<Record<string, number | readonly number[]>>;

export function defineKernel(spec: KernelSpec): Kernel {
  return { ...spec, types: { stored: 'f32', result: 'f32' }, twins: new Map() };
}

/**
 * The twin of a kernel for the element types of the tensors that are bound, reads first.
 * @throws KernelError where tensors of one alias differ, or one is f16 that the kernel cannot read as such.
 */
export function kernelFor(kernel: Kernel, bound: readonly DType[]): Kernel {
  if (!bound.includes('f16')) return kernel;
  const typeOf = (alias: ElementAlias): FloatType => {
    const own = (kernel.elements?.[alias] ?? []).map((binding) => bound[binding]);
    if (own.some((dtype) => dtype !== own[0])) {
      throw new KernelError(
        `${kernel.name}: its ${alias} tensors are ${own.join(', ')}; they must be all f32 or all f16.`,
      );
    }
    return own[0] === 'f16' ? 'f16' : 'f32';
  };
  const types: ElementTypes = { stored: typeOf('stored'), result: typeOf('result') };
  const declared = new Set(Object.values(kernel.elements ?? {}).flat());
  const stray = bound.findIndex((dtype, binding) => dtype === 'f16' && !declared.has(binding));
  if (stray >= 0) {
    throw new KernelError(`${kernel.name}: binding ${stray + 1} is f16; this kernel reads it as f32.`);
  }
  const suffix = `stored ${types.stored} result ${types.result}`;
  let twin = kernel.twins.get(suffix);
  if (!twin) {
    twin = { ...kernel, name: `${kernel.name} (${suffix})`, types };
    kernel.twins.set(suffix, twin);
  }
  return twin;
}

/** Directives, and the files that say what the aliases are. */
function headerFiles({ directives = [], types: { stored, result } }: Kernel): string[] {
  const half = stored === 'f16' || result === 'f16' ? ['half'] : [];
  return [...half, ...directives, `stored_${stored}`, `result_${result}`];
}

/** The uniform block as bytes, laid out as the fields are declared and padded to 16. */
export function packUniforms(kernel: Kernel, values: UniformValues): ArrayBuffer {
  const kinds = Object.entries(kernel.uniforms);
  const words = kinds.reduce((sum, [, kind]) => sum + (kind === 'vec4u' ? 4 : 1), 0);
  const buffer = new ArrayBuffer(Math.max(16, Math.ceil(words / 4) * 16));
  const view = new DataView(buffer);
  let at = 0;
  for (const [name, kind] of kinds) {
    const value = values[name];
    if (value === undefined) throw new KernelError(`${kernel.name}: the uniform "${name}" was not given.`);
    for (const word of typeof value === 'number' ? [value] : value) {
      if (kind === 'f32') view.setFloat32(at, word, true);
      else if (kind === 'i32') view.setInt32(at, word, true);
      else view.setUint32(at, word, true);
      at += 4;
    }
  }
  return buffer;
}

/** Text of a kernel: what its aliases are and its files, joined, with its expressions put in. */
export function kernelSource(kernel: Kernel): string {
  const own = typeof kernel.shader === 'string' ? [kernel.shader] : kernel.shader;
  const files = [...headerFiles(kernel), ...own];
  let source = files.map(readShader).join('\n');
  for (const [name, expression] of Object.entries(kernel.expressions ?? {})) {
    const line = new RegExp(`(fn ${name}\\([^)]*\\) -> \\w+ \\{ return )[^;]*(; \\})`, 'g');
    if ([...source.matchAll(line)].length !== 1) {
      throw new KernelError(
        `${kernel.name}: ${files.join(', ')}.wgsl has no single line "fn ${name}(..) { return ..; }".`,
      );
    }
    source = source.replace(line, (_, head: string, tail: string) => head + expression + tail);
  }
  return source;
}

export interface CompiledKernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Pipelines by kernel and constants, compiled once, asynchronously and in parallel. */
export class PipelineCache {
  readonly #device: Device;
  readonly #compiled = new Map<string, CompiledKernel | Promise<CompiledKernel>>();
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #layouts = new Map<string, { group: GPUBindGroupLayout; pipeline: GPUPipelineLayout }>();

  constructor(device: Device) {
    this.#device = device;
  }

  /** Number of pipelines asked for so far. */
  get size(): number {
    return this.#compiled.size;
  }

  static keyOf(kernel: Kernel, constants: Constants): string {
    return `${kernel.name} ${JSON.stringify(constants)}`;
  }

  /** The pipeline if it is ready; otherwise a promise of it. */
  get(key: string, kernel: Kernel, constants: Constants): CompiledKernel | Promise<CompiledKernel> {
    const known = this.#compiled.get(key);
    if (known) return known;
    const compiling = this.#compile(key, kernel, constants).then((compiled) => {
      this.#compiled.set(key, compiled);
      return compiled;
    });
    this.#compiled.set(key, compiling);
    return compiling;
  }

  async #compile(key: string, kernel: Kernel, constants: Constants): Promise<CompiledKernel> {
    const { gpu, limits } = this.#device;
    if (kernel.reads + kernel.writes > limits.maxStorageBuffersPerShaderStage) {
      throw new KernelError(
        `${kernel.name} binds ${kernel.reads + kernel.writes} buffers; this device allows ${limits.maxStorageBuffersPerShaderStage}.`,
      );
    }
    const layout = this.#layout(kernel);
    const moduleKey = kernel.expressions ? kernel.name : JSON.stringify([kernel.types, kernel.shader]);
    let module = this.#modules.get(moduleKey);
    if (!module) {
      module = gpu.createShaderModule({ code: kernelSource(kernel), label: moduleKey });
      this.#modules.set(moduleKey, module);
    }
    try {
      const pipeline = await gpu.createComputePipelineAsync({
        label: key,
        layout: layout.pipeline,
        compute: { module, entryPoint: kernel.entry, constants },
      });
      return { pipeline, layout: layout.group };
    } catch (cause) {
      const info = await module.getCompilationInfo();
      const lines = info.messages.map((m) => `  line ${m.lineNum}: ${m.message}`);
      throw new KernelError(
        [
          `The kernel ${key} does not compile: ${cause instanceof Error ? cause.message : String(cause)}`,
          ...lines,
        ].join('\n'),
        { cause },
      );
    }
  }

  #layout(kernel: Kernel): { group: GPUBindGroupLayout; pipeline: GPUPipelineLayout } {
    const key = `${kernel.reads} ${kernel.writes}`;
    let layout = this.#layouts.get(key);
    if (!layout) {
      const { gpu } = this.#device;
      const entry = (binding: number, type: GPUBufferBindingType): GPUBindGroupLayoutEntry => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type },
      });
      const group = gpu.createBindGroupLayout({
        label: key,
        entries: [
          entry(0, 'uniform'),
          ...Array.from({ length: kernel.reads }, (_, i) => entry(1 + i, 'read-only-storage')),
          ...Array.from({ length: kernel.writes }, (_, i) => entry(1 + kernel.reads + i, 'storage')),
        ],
      });
      layout = { group, pipeline: gpu.createPipelineLayout({ bindGroupLayouts: [group] }) };
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}
