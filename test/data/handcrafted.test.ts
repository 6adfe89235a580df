import { describe, expect, it } from 'vitest';
import { FEATURE_NAMES, featuresOf } from '../../data/features.ts';
import { labelledWindows } from '../../data/synthetic/index.ts';
import { LogisticRegression } from '../../evaluate/logistic.ts';
import { metricsOf } from '../../evaluate/metrics.ts';

const RATE = 200;
const at = (features: Float64Array, name: string, channel = 0) =>
  features[channel * FEATURE_NAMES.length + FEATURE_NAMES.indexOf(name)] as number;

describe('featuresOf', () => {
  const sine = (hertz: number, gain = 1, offset = 0) =>
    Array.from({ length: 800 }, (_, t) => offset + gain * Math.sin((2 * Math.PI * hertz * t) / RATE));

  it('knows a sine: its band, its mobility, its crossings, its moments', () => {
    const features = featuresOf(sine(10), 1, RATE);
    expect(Math.exp(at(features, 'log of alpha'))).toBeGreaterThan(0.99);
    // Of a sine both are 2 sin(pi f / rate), so that complexity is 1 over it.
    const turn = 2 * Math.sin((Math.PI * 10) / RATE);
    expect(at(features, 'mobility')).toBeCloseTo(turn, 3);
    expect(at(features, 'complexity')).toBeCloseTo(1, 2);
    expect(at(features, 'zero crossings')).toBeCloseTo(0.1, 2);
    expect(at(features, 'skew')).toBeCloseTo(0, 6);
    expect(at(features, 'kurtosis')).toBeCloseTo(1.5, 2);
  });

  it('stays finite where a window is too short for any frequency of the bands', () => {
    for (const samples of [2, 3, 4, 5, 8])
      expect(
        [...featuresOf(sine(10).slice(0, samples), 1, RATE)].filter((one) => !Number.isFinite(one)),
      ).toEqual([]);
  });

  it('is free of scale and offset, and takes each channel by itself', () => {
    const both = featuresOf([...sine(10), ...sine(25, 300, -40)], 2, RATE);
    expect(both).toHaveLength(2 * FEATURE_NAMES.length);
    const alone = featuresOf(sine(25), 1, RATE);
    for (const name of FEATURE_NAMES) expect(at(both, name, 1)).toBeCloseTo(at(alone, name), 6);
    expect([...featuresOf(new Float32Array(400).fill(3), 1, RATE)]).toEqual(FEATURE_NAMES.map(() => 0));
  });

  it.each(['rhythm', 'seizure', 'eyes', 'artefact'] as const)(
    'tells the classes of "%s" apart in subjects that no regression has seen',
    (task) => {
      const { windows, channelLabels } = labelledWindows({
        task,
        seed: 5,
        subjects: 24,
        windowsPerSubject: 6,
        seconds: 6,
      });
      const part = (own: (subject: number) => boolean) => {
        const rows = windows.filter(({ subject }) => own(subject));
        const columns = channelLabels.length * FEATURE_NAMES.length;
        const values = rows.flatMap(({ signal }) => [...featuresOf(signal, channelLabels.length, RATE)]);
        return { values, columns, labels: rows.map(({ label }) => label) };
      };
      const [train, test] = [part((subject) => subject < 16), part((subject) => subject >= 16)];
      const scores = LogisticRegression.fit(train, train.labels, 2, { c: 0.1 }).predict(test);
      expect(metricsOf({ values: scores, classes: 2 }, test.labels).auroc).toBeGreaterThan(0.8);
    },
  );
});
