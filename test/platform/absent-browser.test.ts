import { describe, expect, it } from 'vitest';
import { explainAbsence, turnOnAdapters } from '../../engine/platform/absent-browser.ts';
import { nameOf } from '../../engine/platform/describe.ts';

const firefox = (version: number, system = 'X11; Linux x86_64') =>
  `Mozilla/5.0 (${system}; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`;
const chrome = (version: number, system: string, more = '') =>
  `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36${more}`;
const safari = (version: number, system: string) =>
  `Mozilla/5.0 (${system}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${version}.0 Safari/605.1.15`;

describe('a browser without WebGPU', () => {
  it.each([
    [
      'a new Firefox on Linux',
      firefox(153),
      /Firefox 153 on Linux, has WebGPU turned off.*about:config.*dom\.webgpu\.enabled/,
    ],
    [
      'a new Firefox on Android',
      firefox(150, 'Android 15; Mobile'),
      /Firefox 150 on Android.*dom\.webgpu\.enabled/,
    ],
    ['an old Firefox', firefox(128), /Firefox 128, has no WebGPU: use .*Firefox 141 or later/],
    [
      'a new Chrome on Linux',
      chrome(150, 'X11; Linux x86_64'),
      /Chrome 150 on Linux.*chrome:\/\/flags\/#enable-unsafe-webgpu/,
    ],
    ['an old Chrome', chrome(112, 'Windows NT 10.0'), /Chrome 112, has no WebGPU: use Chrome or Edge 113/],
    ['Edge', chrome(140, 'Windows NT 10.0', ' Edg/140.0.0.0'), /Edge 140 on Windows.*edge:\/\/flags/],
    [
      'an old Safari',
      safari(17, 'Macintosh; Intel Mac OS X 10_15_7'),
      /Safari 17, has no WebGPU: .*Safari 26/,
    ],
    [
      'a new Safari',
      safari(26, 'Macintosh; Intel Mac OS X 10_15_7'),
      /Safari 26, has WebGPU turned off.*feature flags/,
    ],
    [
      'an iPhone',
      safari(18, 'iPhone; CPU iPhone OS 18_0 like Mac OS X'),
      /has no WebGPU: update the system to iOS/,
    ],
    ['one that nobody knows', 'Lynx/2.9', /^this browser has no WebGPU: use Chrome/],
  ])('%s is told what would turn it on', (_, userAgent, sentence) => {
    expect(explainAbsence(userAgent, true)).toMatch(sentence);
    expect(explainAbsence(userAgent, false)).toMatch(/secure pages.*https or from localhost/);
  });

  it('that is new enough is not sent to an older version', () => {
    for (const userAgent of [firefox(153), chrome(150, 'X11; Linux x86_64')]) {
      expect(explainAbsence(userAgent, true)).not.toContain('or later');
    }
  });

  it('is told of flags of its own alone where it has no adapter', () => {
    expect(turnOnAdapters(firefox(153))).not.toContain('Chrome');
    expect(turnOnAdapters(chrome(150, 'X11; Linux x86_64'))).toContain('--enable-unsafe-webgpu');
  });
});

it('an adapter is called by what is known of it, never by nothing', () => {
  const info = { vendor: '', architecture: '', device: '', description: '', isFallbackAdapter: false };
  expect(nameOf(info as GPUAdapterInfo)).toBe('an unnamed adapter');
  expect(nameOf({ ...info, description: ' ' } as GPUAdapterInfo)).toBe('an unnamed adapter');
  expect(nameOf({ ...info, isFallbackAdapter: true } as GPUAdapterInfo)).toBe('an unnamed software adapter');
  expect(nameOf({ ...info, vendor: 'mesa', architecture: 'gen-12' } as GPUAdapterInfo)).toBe('mesa gen-12');
});
