import { describe, expect, it } from 'vitest';
import { PALETTE, RAMP } from '../../figures/palette.ts';

/** Relative luminance, as WCAG has it. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

describe.each(['light', 'dark'] as const)('the ramp on a %s ground', (ground) => {
  const stops = RAMP[ground];

  it('grows lighter from low to high, so that its ends are not taken for each other', () => {
    for (const [i, stop] of stops.entries())
      if (i > 0) expect(luminance(stop), stop).toBeGreaterThan(1.1 * luminance(stops[i - 1] as string));
    expect(contrast(stops[0], stops.at(-1) as string)).toBeGreaterThan(3);
  });

  it('is seen on its ground', () => {
    const paper = PALETTE.paper[ground === 'light' ? 0 : 1];
    for (const stop of stops) expect(contrast(stop, paper), stop).toBeGreaterThan(2);
  });
});
