import { AdapterError } from '../errors.ts';
import { explainAbsence, turnOnAdapters } from './absent-browser.ts';
import { kindOf, nameOf } from './describe.ts';

export { recall, remember } from './store-browser.ts';

import type { AdapterOptions, OpenedAdapter } from './types.ts';

/** See Platform. The browser alone decides which adapters exist; `powerPreference` is the only wish it takes. */
export async function requestAdapter({
  adapter: choice = 'auto',
}: AdapterOptions = {}): Promise<OpenedAdapter> {
  if (!navigator.gpu) {
    throw new AdapterError(explainAbsence(navigator.userAgent, globalThis.isSecureContext));
  }
  const adapter = await navigator.gpu.requestAdapter({
    powerPreference: 'high-performance',
    forceFallbackAdapter: choice === 'software',
  });
  if (!adapter) {
    throw new AdapterError(
      `this browser has no WebGPU adapter${choice === 'software' ? ' in software' : ''}: ${turnOnAdapters(navigator.userAgent)}`,
    );
  }
  const kind = kindOf(adapter.info);
  const name = nameOf(adapter.info);
  const wrongKind =
    (choice === 'hardware' && kind === 'software') || (choice === 'software' && kind === 'hardware');
  const byName = choice !== 'auto' && choice !== 'hardware' && choice !== 'software';
  if (wrongKind || (byName && !name.toLowerCase().includes(choice.toLowerCase()))) {
    throw new AdapterError(
      `the browser offers only ${name} (${kind}), which does not fit '${choice}': ask for 'auto'`,
    );
  }
  return {
    adapter,
    kind,
    description: `${name} via the browser`,
    why: explain(kind),
  };
}

function explain(kind: 'hardware' | 'software'): string {
  return kind === 'hardware'
    ? 'It is the hardware adapter that the browser chose.'
    : 'The browser found no hardware adapter, so this software adapter computes on the processor: right for trying out, far slower than a graphics card.';
}

const shaders = import.meta.glob<string>('../../shaders/**/*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** See Platform. */
export function readShader(name: string): string {
  const text = shaders[`../../shaders/${name}.wgsl`];
  if (text === undefined)
    throw new Error(`there is no shader '${name}': expected the file shaders/${name}.wgsl`);
  return text;
}

/** See Platform. A browser runs the GPU in a process of its own, so there is nothing to wait for here. */
export function settle<T>(promise: Promise<T>): Promise<T> {
  return promise;
}
