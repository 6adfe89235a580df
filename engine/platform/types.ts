/**
 * What the engine needs from the place it runs in. `node.ts` and `browser.ts` both export exactly these functions,
 * and nothing else in the repository asks which of the two it is in.
 */

/** Which adapter to open; any other text picks by a part of the adapter's name, whatever its letter case. */
export type AdapterChoice = 'auto' | 'hardware' | 'software' | (string & {});

/** Software adapters compute on the processor. */
export type AdapterKind = 'hardware' | 'software';

export interface AdapterOptions {
  /** Default `'auto'`, which in Node leaves the choice to `SPOTR_ADAPTER` in the environment where that is set. */
  readonly adapter?: AdapterChoice;
  /**
   * `'compatibility'` asks for an adapter whose devices have, unless more is asked of them, the least limits that WebGPU
   * knows, those of OpenGL ES: 128 invocations a workgroup. Default `'core'`.
   */
  readonly featureLevel?: 'core' | 'compatibility';
}

export interface OpenedAdapter {
  readonly adapter: GPUAdapter;
  readonly kind: AdapterKind;
  /** For people, e.g. `SwiftShader Device (Subzero) via Dawn, vulkan`. */
  readonly description: string;
  /** One sentence: why this adapter and no other. A software adapter always says so here. */
  readonly why: string;
}

export interface Platform {
  /** Opens one adapter. Throws AdapterError, with the line that installs one, where none answers. */
  requestAdapter(options?: AdapterOptions): Promise<OpenedAdapter>;
  /** The text of `shaders/<name>.wgsl`, such as `lib/ieee`. Throws where there is no such file. */
  readShader(name: string): string;
  /** Awaits work on the GPU without taking the processor away from it. Resolves or rejects as `promise` does. */
  settle<T>(promise: Promise<T>): Promise<T>;
  /** The text last remembered under a name on this machine, or null. */
  recall(name: string): Promise<string | null>;
  /** Keeps a short text for later runs on this machine; null forgets it. */
  remember(name: string, text: string | null): Promise<void>;
}
