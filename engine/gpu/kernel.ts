import type { DType, FloatType } from '../dtype.ts';
import { KernelError } from '../errors.ts';
import type { Device } from './device.ts';
import { joinedFiles, joinedText } from './joins.ts';

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
  /**
   * File of `shaders/`, without its ending, whose first line names the pieces that it is joined to (see joins.ts); or WGSL of
   * the caller's own, whole.
   */
  readonly shader: string | { readonly text: string };
  /** Of the choices `{a,b}` in that line, the pieces taken. The element types of the tensors pick those of the aliases. */
  readonly picks?: readonly string[];
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
  /** This kernel for other element types, as they were asked for. */
  readonly specialisations: Map<string, Kernel>;
};

export type Constants = Readonly<Record<string, number>>;
export type UniformValues = Readonly<Record<string, number | readonly number[]>>;

const registry = new Map<string, Kernel>();

/** Every kernel defined so far, by name, each for f32: for checks that compile them all. */
export function definedKernels(): ReadonlyMap<string, Kernel> {
  return registry;
}

/**
 * Defines a kernel; the same one again gives the one that is there.
 * @throws KernelError where the name is taken by another: pipelines are remembered by it.
 */
export function defineKernel(spec: KernelSpec): Kernel {
  const known = registry.get(spec.name);
  if (known) {
    const { types: _types, specialisations: _specialisations, ...before } = known;
    if (JSON.stringify(before) === JSON.stringify(spec)) return known;
    throw new KernelError(
      `The kernel "${spec.name}" is defined twice, and not alike; give one another name.`,
    );
  }
  const types: ElementTypes = { stored: 'f32', result: 'f32' };
  const kernel: Kernel = { ...spec, types, specialisations: new Map() };
  registry.set(spec.name, kernel);
  return kernel;
}

/** A kernel specialised for all that its aliases can stand for, itself among them. */
export function specialisationsOf(kernel: Kernel): Kernel[] {
  const { stored, result } = kernel.elements ?? {};
  const types = (bindings: readonly number[] = []): FloatType[] =>
    bindings.length > 0 ? ['f32', 'f16'] : ['f32'];
  return types(stored).flatMap((storedAs) =>
    types(result).map((resultAs) => {
      const dtypes: DType[] = Array.from({ length: kernel.reads + kernel.writes }, () => 'f32');
      for (const binding of stored ?? []) dtypes[binding] = storedAs;
      for (const binding of result ?? []) dtypes[binding] = resultAs;
      return kernelFor(kernel, dtypes);
    }),
  );
}

/**
 * The specialisation of a kernel for the element types of the tensors that are bound, reads first.
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
  let specialisation = kernel.specialisations.get(suffix);
  if (!specialisation) {
    specialisation = { ...kernel, name: `${kernel.name} (${suffix})`, types };
    kernel.specialisations.set(suffix, specialisation);
  }
  return specialisation;
}

/** What messages call the WGSL of a kernel. */
const sourceName = ({ shader }: KernelSpec): string =>
  typeof shader === 'string' ? `shaders/${shader}.wgsl` : 'its text';

/**
 * The files that make a kernel's text, in order; none where the caller gave the text.
 * @throws KernelError where a piece is picked, or an alias declared, that the joins line does not offer.
 */
export function filesOf({ name, shader, picks = [], types, elements = {} }: Kernel): string[] {
  if (typeof shader !== 'string') return [];
  const aliasOf = (alias: ElementAlias) => `lib/${alias}_${types[alias]}`;
  const declared = (['stored', 'result'] as const).filter((alias) => elements[alias]?.length);
  const files = joinedFiles(shader, new Set([...picks, aliasOf('stored'), aliasOf('result')]));
  const stray = [...picks, ...declared.map(aliasOf)].find((piece) => !files.includes(piece));
  if (stray !== undefined) {
    throw new KernelError(
      `${name}: it takes ${stray}, which the first line of shaders/${shader}.wgsl does not offer.`,
    );
  }
  return files;
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

/** Text of a kernel: its files, joined, with its expressions put in. */
export function kernelSource(kernel: Kernel): string {
  const { shader } = kernel;
  let source = typeof shader === 'string' ? joinedText(filesOf(kernel)) : shader.text;
  for (const [name, expression] of Object.entries(kernel.expressions ?? {})) {
    const line = new RegExp(`(fn ${name}\\([^)]*\\) -> \\w+ \\{ return )[^;]*(; \\})`, 'g');
    if ([...source.matchAll(line)].length !== 1) {
      throw new KernelError(
        `${kernel.name}: ${sourceName(kernel)} has no single line "fn ${name}(..) { return ..; }".`,
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

/**
 * Pipelines by kernel and constants, compiled once, asynchronously and in parallel. One that failed is forgotten, so
 * that whoever asks again tries again.
 */
export class PipelineCache {
  readonly #device: Device;
  readonly #compiled = new Map<string, CompiledKernel | Promise<CompiledKernel>>();
  /** By their text: whatever changes it makes another module. */
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(device: Device) {
    this.#device = device;
  }

  /** Number of pipelines compiled, or being compiled. */
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
    const compiling = this.#compile(key, kernel, constants).then(
      (compiled) => {
        this.#compiled.set(key, compiled);
        return compiled;
      },
      (error: unknown) => {
        this.#compiled.delete(key);
        throw error;
      },
    );
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
    const code = kernelSource(kernel);
    let module = this.#modules.get(code);
    if (!module) {
      module = gpu.createShaderModule({ code, label: kernel.name });
      this.#modules.set(code, module);
    }
    try {
      const pipeline = await gpu.createComputePipelineAsync({
        label: key,
        // One of its own: wgpu keeps in it what the first pipeline's bindings hold at least, and refuses those of others.
        layout: gpu.createPipelineLayout({ label: key, bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: kernel.entry, constants },
      });
      return { pipeline, layout };
    } catch (cause) {
      // Another of its pipelines may have failed first, and a new module may stand there.
      if (this.#modules.get(code) === module) this.#modules.delete(code);
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

  #layout(kernel: Kernel): GPUBindGroupLayout {
    const key = `${kernel.reads} ${kernel.writes}`;
    let layout = this.#layouts.get(key);
    if (!layout) {
      const entry = (binding: number, type: GPUBufferBindingType): GPUBindGroupLayoutEntry => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type },
      });
      layout = this.#device.gpu.createBindGroupLayout({
        label: key,
        entries: [
          entry(0, 'uniform'),
          ...Array.from({ length: kernel.reads }, (_, i) => entry(1 + i, 'read-only-storage')),
          ...Array.from({ length: kernel.writes }, (_, i) => entry(1 + kernel.reads + i, 'storage')),
        ],
      });
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}
