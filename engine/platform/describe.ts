/** Names under which the processor poses as a graphics card: SwiftShader, Mesa's llvmpipe and lavapipe, Windows' WARP. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b/i;

/** True for the name of an adapter that computes on the processor. */
export function isSoftwareName(name: string): boolean {
  return SOFTWARE.test(name);
}

/** The parts of an adapter's own description that are filled in, in one line. Browsers leave most of them empty. */
export function nameOf(info: GPUAdapterInfo): string {
  const parts = [info.vendor, info.architecture, info.device, info.description].filter((part) =>
    part?.trim(),
  );
  if (parts.length > 0) return parts.join(' ');
  return info.isFallbackAdapter ? 'an unnamed software adapter' : 'an unnamed adapter';
}

/** Hardware or software, from what an adapter says of itself. */
export function kindOf(info: GPUAdapterInfo): 'hardware' | 'software' {
  return info.isFallbackAdapter || isSoftwareName(nameOf(info)) ? 'software' : 'hardware';
}
