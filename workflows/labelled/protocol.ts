/** How the probe is trained: by the paper's protocol, or so that it converges. */
import type { ClassWeighting, ProbeOptions } from '../../evaluate/index.ts';
import type { ResamplingOptions } from './outcome.ts';

export type ProtocolName = 'converged' | 'paper';

export interface Protocol {
  readonly learningRate: number;
  readonly batchSize: number;
  /** At most. */
  readonly epochs: number;
  readonly patience: number;
  /** Tokens are standardised on the training part, and that is folded into the layer. */
  readonly standardize: boolean;
  /** Training does not end before its loss lies still. */
  readonly untilConverged: boolean;
}

/** At 5e-3 a standardised token's loss lies still after 60 to 170 epochs on a few hundred windows, and scatters little. */
export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = {
  converged: {
    learningRate: 5e-3,
    batchSize: 128,
    epochs: 500,
    patience: 20,
    standardize: true,
    untilConverged: true,
  },
  paper: {
    learningRate: 2e-4,
    batchSize: 128,
    epochs: 200,
    patience: 20,
    standardize: false,
    untilConverged: false,
  },
};

/** What nobody gives is the protocol's. */
export interface ProbeSettings {
  readonly protocol: ProtocolName;
  readonly learningRate?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly epochs?: number | undefined;
  readonly patience?: number | undefined;
  readonly seeds: number;
  readonly seed: number;
  readonly classWeights: ClassWeighting;
}

export interface ProbeTableSettings extends ProbeSettings, ResamplingOptions {}

/** What both doors take where nobody says otherwise. */
export const PROBE_DEFAULTS = {
  protocol: 'converged' as ProtocolName,
  seeds: 5,
  seed: 1,
  classWeights: 'none' as ClassWeighting,
  resamples: 1000,
} as const satisfies ProbeTableSettings;

/** With what was given in place of the protocol's own. */
export function protocolOf({ protocol, learningRate, batchSize, epochs, patience }: ProbeSettings): Protocol {
  const own = PROTOCOLS[protocol];
  return {
    ...own,
    learningRate: learningRate ?? own.learningRate,
    batchSize: batchSize ?? own.batchSize,
    epochs: epochs ?? own.epochs,
    patience: patience ?? own.patience,
  };
}

/** Options of `trainProbe` for the first seed. */
export function probeOptions(settings: ProbeSettings): ProbeOptions {
  const { learningRate, ...rest } = protocolOf(settings);
  const { seed, classWeights } = settings;
  return { ...rest, seed, classWeights, learningRate };
}

/** For people: what the probe's rows were trained by. */
export function protocolInWords(settings: ProbeSettings): string {
  const { learningRate, batchSize, epochs, patience, standardize, untilConverged } = protocolOf(settings);
  const inputs = standardize ? 'columns standardised on the training split' : 'columns unscaled';
  const end = untilConverged
    ? `until the training loss has converged and the validation AUROC has not risen for ${patience}`
    : `until the validation AUROC has not risen for ${patience}`;
  const name = settings.protocol === 'paper' ? "the paper's" : 'converged';
  return `${name}: ${inputs}, AdamW at ${learningRate}, batches of ${batchSize}, at most ${epochs} epochs, ${end}`;
}
