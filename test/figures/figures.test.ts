import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reportPage } from '../../cli/common/report-page.ts';
import { lossCurve } from '../../figures/loss-curve.ts';
import { lookOf, PALETTE, SERIES } from '../../figures/palette.ts';
import { type ReconstructionOptions, reconstructionFigure } from '../../figures/reconstruction.ts';
import { rocFigure } from '../../figures/roc.ts';
import { linearScale, niceTicks, quantile, spreadOut } from '../../figures/scale.ts';
import { element, escapeText, pathThrough } from '../../figures/svg.ts';

/** Every tag closed in order, and no number that is none. */
function requireWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, close, name, empty] of svg.matchAll(/<(\/?)([\w-]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (close) expect(open.pop()).toBe(name);
    else if (!empty) open.push(name as string);
  }
  expect(open).toEqual([]);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
}

const paths = (svg: string, kind: string) =>
  [...svg.matchAll(new RegExp(`<path [^>]*class="[^"]*${kind}[^"]*"[^>]*>`, 'g'))].map(
    ([tag]) => / d="([^"]*)"/.exec(tag)?.[1] ?? '',
  );

describe('svg', () => {
  it('escapes text wherever it goes', () => {
    expect(escapeText('a<b & "c">')).toBe('a&lt;b &amp; &quot;c&quot;&gt;');
    expect(element('g', { id: '"><script>' })).toBe('<g id="&quot;&gt;&lt;script&gt;"/>');
  });

  it('breaks a line where there is no value', () => {
    expect(
      pathThrough([
        [0, 0],
        [1, Number.NaN],
        [2, 1.005],
        [3, 2],
      ]),
    ).toBe('M0,0ZM2,1L3,2');
  });
});

describe('niceTicks', () => {
  it('gives round numbers within the range, about as many as asked for', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e4, max: 1e4, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e4, noNaN: true }),
        (low, span) => {
          const { values, show } = niceTicks(low, low + span, 6);
          expect(values.length).toBeGreaterThanOrEqual(2);
          expect(values.length).toBeLessThanOrEqual(7);
          for (const value of values) {
            expect(value).toBeGreaterThanOrEqual(low - 1e-6 * span);
            expect(value).toBeLessThanOrEqual(low + span * (1 + 1e-6));
            expect(Number(show(value).replaceAll(',', ''))).toBeCloseTo(value, 6);
          }
          expect(new Set(values.map(show)).size).toBe(values.length);
        },
      ),
    );
    expect(niceTicks(0, 2, 8).values.map(niceTicks(0, 2, 8).show)).toEqual([
      '0.0',
      '0.5',
      '1.0',
      '1.5',
      '2.0',
    ]);
    expect(niceTicks(0, 800, 7).values.map(niceTicks(0, 800, 7).show)).toEqual([
      '0',
      '200',
      '400',
      '600',
      '800',
    ]);
  });
});

describe('scale', () => {
  it('maps ends to ends, and an empty range to the middle', () => {
    const scale = linearScale([2, 4], [10, 0]);
    expect([2, 3, 4].map(scale)).toEqual([10, 5, 0]);
    expect(linearScale([3, 3], [0, 10])(3)).toBe(5);
  });

  it('finds quantiles', () => {
    expect(quantile([5, 1, 3, 2, 4], 0.5)).toBe(3);
    expect(quantile([5, 1, Number.NaN], 1)).toBe(5);
  });

  it('moves labels apart and keeps their order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 300, noNaN: true }), { maxLength: 8 }), (places) => {
        const spread = spreadOut(places, 18, 0, 300);
        const order = places.map((_, i) => i).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
        const sorted = order.map((i) => spread[i] ?? 0);
        for (let i = 1; i < sorted.length; i++)
          expect((sorted[i] ?? 0) - (sorted[i - 1] ?? 0)).toBeGreaterThanOrEqual(18 - 1e-9);
        for (const place of spread) {
          expect(place).toBeGreaterThanOrEqual(-1e-9);
          expect(place).toBeLessThanOrEqual(300 + 1e-9);
        }
      }),
    );
    expect(spreadOut([10, 200], 18, 0, 300)).toEqual([10, 200]);
  });
});

describe('lossCurve', () => {
  const points = Array.from({ length: 900 }, (_, i) => ({
    step: i + 1,
    loss: 0.8 + 1 / (i + 1),
    source: ['ecg', 'eeg', 'ppg'][i % 3] as string,
  }));

  it('draws a raw and a smooth line for each source, and names their held-out losses', () => {
    const svg = lossCurve(points, { heldOut: { ecg: 0.812, eeg: 0.834, ppg: 0.799 }, predictZero: 1 });
    requireWellFormed(svg);
    for (const i of [0, 1, 2]) expect(paths(svg, `line stroke-s${i}`)).toHaveLength(3);
    for (const text of ['ecg 0.812', 'eeg 0.834', 'ppg 0.799', 'predicting zero', 'step'])
      expect(svg).toContain(`>${text}<`);
    expect(svg).toContain('prefers-color-scheme: dark');
  });

  it('draws what losses are compared with, at their heights, each with its source and its name', () => {
    const yardsticks = [
      { source: 'eeg', name: 'position-blind floor', loss: 0.5 },
      { source: 'eeg', name: 'PCA-32', loss: 0.1 },
      { source: 'ppg', name: 'position-blind floor', loss: 0.5 },
    ];
    const svg = lossCurve(points, { heldOut: { eeg: 0.834, ppg: 0.799 }, predictZero: 1, yardsticks });
    requireWellFormed(svg);
    for (const text of [
      'eeg: position-blind floor 0.500',
      'eeg: PCA-32 0.100',
      'ppg: position-blind floor 0.500',
    ])
      expect(svg).toContain(`>${text}<`);
    const lines = [...svg.matchAll(/<line [^>]*y1="([\d.]+)"[^>]*class="stroke-s(\d)"[^>]*>/g)];
    expect(lines.map(([, , colour]) => colour)).toEqual(['1', '1', '2']);
    const [floor, pca, other] = lines.map(([, y]) => Number(y));
    expect(other).toBe(floor);
    // Losses fall downwards on the plot: 0.1 is near its lower end, predicting zero near its upper one.
    expect(pca).toBeGreaterThan(floor as number);
    const places = [...svg.matchAll(/y="([\d.]+)"[^>]*>(?:eeg|ppg): /g)].map(([, y]) => Number(y));
    expect(new Set(places).size).toBe(3);
    expect(svg).toContain('eeg: from 0.');
    expect(svg).toContain(', position-blind floor 0.500, PCA-32 0.100;');
    // Of one source the names do without it.
    const one = points.map((point) => ({ ...point, source: 'eeg' }));
    expect(lossCurve(one, { yardsticks: yardsticks.slice(0, 1) })).toContain('>position-blind floor 0.500<');
    expect(lossCurve(points)).not.toContain('floor');
  });

  it('falls where the loss falls', () => {
    const heights = [...(paths(lossCurve(points), 'line stroke-s0')[1] ?? '').matchAll(/,([\d.]+)/g)].map(
      ([, y]) => Number(y),
    );
    expect(heights.length).toBeGreaterThan(100);
    for (let i = 1; i < heights.length; i++)
      expect(heights[i]).toBeGreaterThanOrEqual((heights[i - 1] ?? 0) - 0.02);
  });

  it('stays small for a long run, and draws something for one of a single step', () => {
    const long = Array.from({ length: 100_000 }, (_, i) => ({
      step: i + 1,
      loss: 1 + Math.sin(i),
      source: 'ecg',
    }));
    expect(lossCurve(long).length).toBeLessThan(40_000);
    requireWellFormed(lossCurve(points.slice(0, 1), { heldOut: { ecg: 0.9 } }));
    requireWellFormed(lossCurve([{ step: 1, loss: 1, source: '<&>' }]));
  });
});

describe('reconstructionFigure', () => {
  const signal = (channels: number, samples: number) =>
    Float32Array.from({ length: channels * samples }, (_, i) => Math.sin(i / 7));
  const draw = (channels: number, samples: number, more: Partial<ReconstructionOptions> = {}) =>
    reconstructionFigure({
      title: 'ecg',
      ...more,
      rate: 200,
      original: signal(channels, samples),
      reconstruction: signal(channels, samples).map((value) => value / 2),
      channels,
      samples,
    });

  it('draws two lines a channel over an axis of seconds', () => {
    const svg = draw(3, 400);
    requireWellFormed(svg);
    expect(paths(svg, 'stroke-original')).toHaveLength(3);
    expect(paths(svg, 'stroke-model')).toHaveLength(3);
    expect(paths(svg, 'stroke-model')[0]?.split('L')).toHaveLength(400);
    for (const text of ['0.0', '2.0', 'seconds', 'original', 'reconstruction', 'ch 3'])
      expect(svg).toContain(`>${text}<`);
  });

  it('has scale bar and legend where the title leaves room, and above no signal', () => {
    const texts = (svg: string) =>
      [...svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].map(([, tag = '', text = '']) => {
        const at = (name: string) => Number(new RegExp(` ?${name}="([^"]*)"`).exec(tag)?.[1]);
        return { text, x: at('x'), y: at('y') };
      });
    const heightOf = (svg: string) => Number(/viewBox="0 0 \d+ (\d+)"/.exec(svg)?.[1]);
    const highest = (svg: string) =>
      Math.min(
        ...(paths(svg, 'stroke-original')[0] ?? '')
          .slice(1)
          .split('L')
          .map((point) => Number(point.split(/[ ,]/)[1])),
      );
    for (const length of [3, 48, 49, 84]) {
      const title = 't'.repeat(length);
      const svg = draw(1, 400, { title });
      const all = texts(svg);
      const [own] = all;
      expect(own?.text).toBe(title);
      const key = all.filter(({ text }) => /SD$|^original$|^reconstruction$/.test(text));
      expect(key).toHaveLength(3);
      for (const { x, y } of key) {
        // A letter of the title is at most 10 wide.
        if (y === own?.y) expect(x).toBeGreaterThan(24 + 9.6 * length);
        else expect(y).toBeGreaterThan(50 + 14);
        expect(highest(svg)).toBeGreaterThan(y);
      }
      expect(key.every(({ y }) => y === own?.y)).toBe(length <= 48);
      expect(heightOf(svg) - heightOf(draw(1, 400))).toBe(length <= 48 ? 0 : 26);
    }
    const long = texts(draw(1, 400, { title: `${'a'.repeat(80)}: median error` }))[0]?.text ?? '';
    expect(long).toHaveLength(84);
    expect(long).toMatch(/^a{40,}…a+: median error$/);
  });

  it('says how many channels it leaves out', () => {
    const svg = draw(29, 200);
    expect(paths(svg, 'stroke-original')).toHaveLength(12);
    expect(svg).toContain('the first 12 of 29 channels');
  });

  it('draws all channels where it is to, and makes room for their names', () => {
    const labels = Array.from({ length: 29 }, (_, i) =>
      i === 3 ? `a long name ${'x'.repeat(30)}` : `EEG C${i}`,
    );
    const svg = draw(29, 200, { labels, mostChannels: Number.POSITIVE_INFINITY });
    requireWellFormed(svg);
    expect(paths(svg, 'stroke-original')).toHaveLength(29);
    expect(svg).not.toContain('the first');
    expect(svg).not.toMatch(/>ch \d/);
    expect(svg).toContain('>EEG C28<');
    expect(svg).toMatch(/>a long name x+…</);
  });

  it('thins a long window without losing a peak', () => {
    const samples = 12_800;
    const original = new Float32Array(samples);
    original[7777] = 3;
    const svg = reconstructionFigure({
      title: '',
      rate: 200,
      original,
      reconstruction: new Float32Array(samples),
      channels: 1,
      samples,
    });
    expect(svg.length).toBeLessThan(100_000);
    const heights = [...(paths(svg, 'stroke-original')[0] ?? '').matchAll(/,([\d.]+)/g)].map(([, y]) =>
      Number(y),
    );
    expect(new Set(heights).size).toBe(2);
  });

  it('refuses fewer values than the shape needs', () => {
    const one = new Float32Array(10);
    expect(() =>
      reconstructionFigure({
        title: '',
        rate: 200,
        original: one,
        reconstruction: one,
        channels: 2,
        samples: 10,
      }),
    ).toThrow(/original has 10 values, fewer than 2 x 10/);
  });
});

describe('looks of series', () => {
  it('gives each of forty a look of its own, the first the blue of the model', () => {
    const looks = Array.from({ length: 40 }, (_, i) => lookOf(i)).map(
      ({ colour, dash }) => `${colour} ${dash}`,
    );
    expect(new Set(looks).size).toBe(40);
    expect(SERIES.light[0]).toBe(PALETTE.model[0]);
    expect(SERIES.dark[0]).toBe(PALETTE.model[1]);
    expect(new Set([...SERIES.light, ...SERIES.dark]).size).toBe(20);
  });

  it('is what the pages use', () => {
    const [light, dark] = [0, 1].map((ground) =>
      Object.fromEntries(Object.entries(PALETTE).map(([name, colours]) => [name, colours[ground]])),
    );
    for (const path of ['demo/style.css', 'cli/explore/page/page.css']) {
      const css = readFileSync(path, 'utf8');
      const blocks = [...css.matchAll(/:root \{([^}]*)\}/g)]
        .slice(0, 2)
        .map(([, body = '']) =>
          Object.fromEntries(
            [...body.matchAll(/--([\w-]+): (#\w+);/g)].map(([, name, value]) => [name, value]),
          ),
        );
      for (const [own, palette] of [
        [blocks[0], light],
        [blocks[1], dark],
      ] as const) {
        expect(own).toMatchObject({ paper: palette?.paper, ink: palette?.ink, muted: palette?.muted });
        expect(own?.accent).toBe(palette?.model);
        if (path.startsWith('demo'))
          expect(own).toMatchObject({ original: palette?.original, back: palette?.model });
      }
    }
  });

  it('draws no two ROC curves alike', () => {
    const series = Array.from({ length: 13 }, (_, i) => ({
      name: `row ${i}`,
      points: [
        [0, 0],
        [1, 1],
      ] as const,
    }));
    const svg = rocFigure({ title: 'ROC', series });
    const looks = [...svg.matchAll(/<path [^>]*class="line (stroke-\w+)"( stroke-dasharray="[^"]*")?/g)];
    expect(looks).toHaveLength(13);
    expect(new Set(looks.map(([, colour, dash]) => `${colour}${dash}`)).size).toBe(13);
  });
});

describe('reportPage', () => {
  const page = reportPage({
    title: 'A <run>',
    lead: 'tiny',
    sections: [
      { heading: 'Numbers', note: 'a < b', table: { headings: ['', 'loss'], rows: [['ecg', '0.9']] } },
      { heading: 'Pictures', figures: [lossCurve([{ step: 1, loss: 1, source: 'ecg' }])] },
    ],
    facts: [['seed', '1']],
  });

  it('holds everything itself and fetches nothing', () => {
    expect(page).not.toMatch(/<script|<link|<svg|@import|url\((?!#)|https?:/);
    expect(page).toContain('<td>ecg</td><td>0.9</td>');
    expect(page).toContain('A &lt;run&gt;');
    expect(page).toContain('a &lt; b');
    expect(page).toContain('not a medical device');
    expect(page).toContain('prefers-color-scheme: dark');
  });
});
