import { describe, expect, it } from 'vitest';
import {
  PROBE_DEFAULTS,
  probeOptions,
  protocolInWords,
  protocolOf,
} from '../../workflows/labelled/protocol.ts';

const paper = { ...PROBE_DEFAULTS, protocol: 'paper' as const };

describe('the protocols of the probe', () => {
  it("are the paper's small steps on tokens as they are, and the default that converges", () => {
    expect(probeOptions(paper)).toEqual({
      ...{ seed: 1, classWeights: 'none', learningRate: 2e-4, batchSize: 128, epochs: 200, patience: 20 },
      ...{ standardize: false, untilConverged: false },
    });
    expect(probeOptions(PROBE_DEFAULTS)).toMatchObject({ standardize: true, untilConverged: true });
    expect(protocolOf(PROBE_DEFAULTS).epochs).toBeGreaterThan(200);
  });

  it('take what is given in place of their own, and say what they did', () => {
    const own = { ...paper, learningRate: 1e-3, epochs: 7, batchSize: undefined };
    expect(protocolOf(own)).toMatchObject({ learningRate: 1e-3, epochs: 7, batchSize: 128, patience: 20 });
    expect(protocolInWords(own)).toBe(
      "the paper's: columns unscaled, AdamW at 0.001, batches of 128, at most 7 epochs, until the validation AUROC has not risen for 20",
    );
    expect(protocolInWords({ ...PROBE_DEFAULTS, patience: 3 })).toMatch(
      /^converged: columns standardised on the training split, .*until the training loss has converged and the validation AUROC has not risen for 3$/,
    );
  });
});
