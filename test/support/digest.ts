import type { NamedTensors, PretrainState } from '../../model/index.ts';

/** SHA-256 of every tensor's bytes, by name. */
export async function digestsOf(tensors: NamedTensors): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const [name, { data }] of tensors) {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', Float32Array.from(data)));
    digests[name] = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
  return digests;
}

/** The same of weights and optimiser: values themselves take vitest minutes to compare. */
export const stateDigests = ({ encoder, decoder, optimizer }: PretrainState) =>
  Promise.all([encoder, decoder, optimizer].map(digestsOf));
