/** What a browser's user agent says of it, as far as it decides whether WebGPU is there. */
interface Browser {
  readonly name: 'Chrome' | 'Edge' | 'Firefox' | 'Safari';
  readonly version: number;
  readonly system: 'Android' | 'iOS' | 'Linux' | 'macOS' | 'Windows' | 'other';
}

/** Order matters: Edge calls itself Chrome too, and both call themselves Safari. */
const NAMES: readonly (readonly [Browser['name'], RegExp])[] = [
  ['Firefox', /Firefox\/(\d+)/],
  ['Edge', /Edg(?:A|iOS)?\/(\d+)/],
  ['Chrome', /(?:Chrome|Chromium)\/(\d+)/],
  ['Safari', /Version\/(\d+).*Safari\//],
];

const SYSTEMS: readonly (readonly [Browser['system'], RegExp])[] = [
  ['Android', /Android/],
  ['iOS', /iPhone|iPad|iPod/],
  ['Windows', /Windows/],
  ['macOS', /Macintosh|Mac OS X/],
  ['Linux', /Linux|X11|CrOS/],
];

/** First versions with WebGPU on by itself. */
const SINCE = { Chrome: 113, Edge: 113, Firefox: 141, Safari: 26 } as const;
const NEW_ENOUGH = 'use Chrome or Edge 113, Safari 26 or Firefox 141 or later';
const FIREFOX_SWITCH = 'open about:config, set dom.webgpu.enabled to true, and reload this page';

function browserOf(userAgent: string): Browser | null {
  const system = SYSTEMS.find(([, pattern]) => pattern.test(userAgent))?.[0] ?? 'other';
  for (const [name, pattern] of NAMES) {
    const version = pattern.exec(userAgent)?.[1];
    if (version !== undefined) return { name, version: Number(version), system };
  }
  return null;
}

/** Why `navigator.gpu` is not there, and what to do: a clause for an error, from what is known at this moment. */
export function explainAbsence(userAgent: string, secure: boolean): string {
  if (!secure) return 'WebGPU is only there on secure pages: open this page over https or from localhost';
  const browser = browserOf(userAgent);
  // On iOS every browser is Safari underneath.
  if (!browser || browser.system === 'iOS') {
    return `this browser has no WebGPU: ${browser ? 'update the system to iOS or iPadOS 26 or later' : NEW_ENOUGH}`;
  }
  const { name, version, system } = browser;
  const found = `this browser, ${name} ${version}`;
  if (version < SINCE[name]) return `${found}, has no WebGPU: ${NEW_ENOUGH}`;
  if (name === 'Firefox') return `${found} on ${system}, has WebGPU turned off: ${FIREFOX_SWITCH}`;
  if (name === 'Safari')
    return `${found}, has WebGPU turned off: turn it on among its feature flags, or ${NEW_ENOUGH}`;
  return `${found} on ${system}, has WebGPU turned off: turn on hardware acceleration in its settings, and ${name === 'Edge' ? 'edge' : 'chrome'}://flags/#enable-unsafe-webgpu where that is not enough`;
}

/** What to do where there is WebGPU and no adapter. */
export function turnOnAdapters(userAgent: string): string {
  const browser = browserOf(userAgent);
  if (browser?.name === 'Firefox' || browser?.name === 'Safari') {
    return 'turn on hardware acceleration in its settings, or update the driver of the graphics card; its console may say why';
  }
  return 'turn on hardware acceleration in its settings, or start Chrome with --enable-unsafe-webgpu';
}
