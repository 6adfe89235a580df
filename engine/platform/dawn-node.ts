import { AdapterError } from '../errors.ts';

// A machine that Dawn was not built for must still be able to print what is missing, hence no static import.
const dawn = await import('webgpu').catch(
  (cause: unknown) => new AdapterError('Dawn does not load', { cause }),
);

// Node has no WebGPU globals of its own (GPUBufferUsage, GPUMapMode, ...); the engine reads them as in a browser.
if (!(dawn instanceof AdapterError)) {
  for (const [name, value] of Object.entries(dawn.globals)) {
    if (!(name in globalThis)) Object.assign(globalThis, { [name]: value });
  }
}

/**
 * Dawn's instances. Adapters and devices crash when the instance that they came from is collected, so each is kept;
 * here and not on `globalThis`, from where it would abort the process at its end.
 */
const instances: GPU[] = [];

/** A new Dawn instance: only a new one looks for drivers again. */
function createInstance(flags: string[]): GPU {
  if (dawn instanceof AdapterError) {
    const reason = dawn.cause instanceof Error ? dawn.cause.message.split('\n')[0] : String(dawn.cause);
    throw new AdapterError(
      `the npm package 'webgpu' (Dawn) does not load on ${process.platform}-${process.arch}: ${reason}; ` +
        'it needs Linux with glibc 2.34 or later, macOS or Windows, and npm install webgpu@0.6.2',
      { cause: dawn.cause },
    );
  }
  const instance = dawn.create(flags);
  instances.push(instance);
  return instance;
}

/** An adapter as Dawn lists it. */
export interface ListedAdapter {
  /** e.g. `SwiftShader Device (Subzero)` */
  readonly name: string;
  /** `vulkan`, `metal`, `d3d12`, ... */
  readonly backend: string;
}

/** Every adapter that Dawn finds with the drivers of this moment. Throws AdapterError where Dawn does not load. */
export async function listAdapters(): Promise<ListedAdapter[]> {
  const instance = createInstance(['adapter=\u0000']);
  try {
    await instance.requestAdapter();
  } catch (error) {
    // Dawn has no call that lists adapters, but names them all when it refuses one that does not exist.
    const message = error instanceof Error ? error.message : String(error);
    const rows = message.matchAll(/\* backend: '([^']*)', name: '(.*)'$/gm);
    return Array.from(rows, ([, backend = '', name = '']) => ({
      backend,
      name,
    }));
  }
  return [];
}

/** Opens a listed adapter, at WebGPU's feature level `core` or `compatibility`. */
export async function openListed(listed: ListedAdapter, featureLevel = 'core'): Promise<GPUAdapter | null> {
  // Timestamps are rounded to 65 microseconds unless asked for whole: a browser's caution, of no use in Node.
  const flags = [
    `adapter=${listed.name}`,
    `backend=${listed.backend}`,
    'disable-dawn-features=timestamp_quantization',
  ];
  return createInstance(flags).requestAdapter({ featureLevel });
}
