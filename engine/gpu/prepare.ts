import type { Command, DispatchCommand, TransferCommand } from './command.ts';
import type { CompiledKernel, PipelineCache } from './kernel.ts';
import type { Memory } from './memory.ts';
import type { Timestamps } from './timestamps.ts';

interface PreparedDispatch {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly command: DispatchCommand;
  /** Where its uniform block starts. */
  readonly uniforms: number;
  group: GPUBindGroup | null;
}

/** Commands with pipelines, bind groups and uniforms in place: encoding one is a few calls a command. */
export class PreparedCommands {
  readonly dispatches: readonly PreparedDispatch[];
  readonly #memory: Memory;
  readonly #items: readonly (PreparedDispatch | TransferCommand)[];
  readonly #uniforms: GPUBuffer | null;

  constructor(memory: Memory, commands: readonly Command[], compiled: ReadonlyMap<string, CompiledKernel>) {
    this.#memory = memory;
    const blocks = new UniformBlocks(memory.device.limits.minUniformBufferOffsetAlignment);
    this.#items = commands.map((command) => {
      if (command.kind !== 'dispatch') return command;
      // Compiled by `prepare`, from the same commands.
      const { pipeline, layout } = compiled.get(command.pipelineKey) as CompiledKernel;
      return { pipeline, layout, command, uniforms: blocks.offsetOf(command.uniforms), group: null };
    });
    this.dispatches = this.#items.filter((item): item is PreparedDispatch => 'command' in item);
    this.#uniforms = blocks.write(memory);
  }

  get uniformBytes(): number {
    return this.#uniforms?.size ?? 0;
  }

  /** Makes the bind groups; again where storages have moved to other buffers. */
  bind(): void {
    const { gpu } = this.#memory.device;
    for (const dispatch of this.dispatches) {
      const { kernel, bindings, uniforms } = dispatch.command;
      const block = {
        buffer: this.#uniforms as GPUBuffer,
        offset: dispatch.uniforms,
        size: uniforms.byteLength,
      };
      dispatch.group = gpu.createBindGroup({
        label: kernel.name,
        layout: dispatch.layout,
        entries: [
          { binding: 0, resource: block },
          ...bindings.map((storage, index) => ({
            binding: index + 1,
            resource: {
              buffer: storage.gpuBuffer,
              offset: storage.offset,
              size: Math.ceil(storage.bytes / 4) * 4,
            },
          })),
        ],
      });
    }
  }

  /** With `timestamps`, dispatch i is compute pass i of them; otherwise neighbouring dispatches share a pass. */
  encode(encoder: GPUCommandEncoder, timestamps?: Timestamps): void {
    let pass: GPUComputePassEncoder | null = null;
    let pipeline: GPUComputePipeline | null = null;
    let next = 0;
    for (const item of this.#items) {
      if (!('command' in item)) {
        pass?.end();
        pass = null;
        encodeTransfer(encoder, item);
        continue;
      }
      if (pass === null || timestamps) {
        pass?.end();
        pass = encoder.beginComputePass(timestamps && { timestampWrites: timestamps.writesOf(next++) });
        pipeline = null;
      }
      if (item.pipeline !== pipeline) {
        pipeline = item.pipeline;
        pass.setPipeline(pipeline);
      }
      pass.setBindGroup(0, item.group);
      const [x, y, z] = item.command.workgroups;
      pass.dispatchWorkgroups(x, y, z);
    }
    pass?.end();
  }

  /** Gives back the uniform buffer and the staging buffers of uploads. */
  dispose(): void {
    if (this.#uniforms) this.#memory.destroy(this.#uniforms);
    for (const item of this.#items) {
      if (!('command' in item) && item.kind === 'upload') this.#memory.destroy(item.staging);
    }
  }
}

/** Uniform blocks side by side, each in as many slots as it needs; equal ones are one. */
class UniformBlocks {
  readonly #slot: number;
  readonly #known = new Map<string, number>();
  readonly #blocks: { readonly block: ArrayBuffer; readonly offset: number }[] = [];
  #bytes = 0;

  constructor(slot: number) {
    this.#slot = slot;
  }

  offsetOf(block: ArrayBuffer): number {
    const key = new Uint32Array(block).join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const offset = this.#bytes;
    this.#blocks.push({ block, offset });
    this.#bytes += Math.ceil(block.byteLength / this.#slot) * this.#slot;
    this.#known.set(key, offset);
    return offset;
  }

  /** The buffer that holds them, or null where there are none. */
  write(memory: Memory): GPUBuffer | null {
    if (this.#blocks.length === 0) return null;
    const buffer = memory.createFor(GPUBufferUsage.UNIFORM, this.#bytes, 'uniforms', true);
    const mapped = new Uint8Array(buffer.getMappedRange());
    for (const { block, offset } of this.#blocks) mapped.set(new Uint8Array(block), offset);
    buffer.unmap();
    return buffer;
  }
}

/** Starts compiling whatever is missing, all at once, and waits for it. */
export async function compile(
  pipelines: PipelineCache,
  commands: readonly Command[],
): Promise<ReadonlyMap<string, CompiledKernel>> {
  const asked = new Map<string, CompiledKernel | Promise<CompiledKernel>>();
  for (const command of commands) {
    if (command.kind !== 'dispatch') continue;
    const { pipelineKey: key, kernel, constants } = command;
    if (!asked.has(key)) asked.set(key, pipelines.get(key, kernel, constants));
  }
  const ready = await Promise.all(asked.values());
  return new Map([...asked.keys()].map((key, index) => [key, ready[index] as CompiledKernel]));
}

/** Compiles what is missing and builds bind groups. */
export async function prepare(
  memory: Memory,
  pipelines: PipelineCache,
  commands: readonly Command[],
): Promise<PreparedCommands> {
  const prepared = new PreparedCommands(memory, commands, await compile(pipelines, commands));
  prepared.bind();
  return prepared;
}

function encodeTransfer(encoder: GPUCommandEncoder, command: TransferCommand): void {
  switch (command.kind) {
    case 'copy': {
      const { from, to, bytes } = command;
      encoder.copyBufferToBuffer(from.gpuBuffer, from.offset, to.gpuBuffer, to.offset, bytes);
      break;
    }
    case 'clear': {
      const { storage } = command;
      encoder.clearBuffer(storage.gpuBuffer, storage.offset, Math.ceil(storage.bytes / 4) * 4);
      break;
    }
    case 'upload':
      encoder.copyBufferToBuffer(
        command.staging,
        0,
        command.to.gpuBuffer,
        command.to.offset + command.at,
        command.bytes,
      );
      break;
    case 'download':
      encoder.copyBufferToBuffer(
        command.from.gpuBuffer,
        command.from.offset,
        command.staging,
        0,
        command.bytes,
      );
      break;
  }
}
