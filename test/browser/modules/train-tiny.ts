import { digestsOf } from '../../support/digest.ts';
import { testEngine } from '../../support/engine.ts';
import { type RunOptions, runOf } from '../../support/tiny-run.ts';

export interface TrainedElsewhere {
  readonly options: RunOptions;
  /** Of the weights that the same run ended with elsewhere, by name. */
  readonly digests: Readonly<Record<string, string>>;
}

export interface TrainedInPage {
  readonly adapter: string;
  readonly losses: number[];
  readonly digests: Readonly<Record<string, string>>;
  /** Weights of another digest than elsewhere, little-endian f32 in base64. */
  readonly differing: Readonly<Record<string, string>>;
}

/** Trains on the page's adapter; the page keeps one engine for every call. */
export default async function trainTiny({ options, digests }: TrainedElsewhere): Promise<TrainedInPage> {
  const engine = await testEngine();
  const { losses, weights } = await runOf(engine, options);
  const own = await digestsOf(weights);
  const differing: Record<string, string> = {};
  for (const [name, { data }] of weights)
    if (own[name] !== digests[name]) differing[name] = await base64(Float32Array.from(data));
  return { adapter: engine.device.description, losses, digests: own, differing };
}

/** A browser's quickest way to base64 is a data URL. */
function base64(data: Float32Array<ArrayBuffer>): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^.*,/, ''));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([data]));
  });
}
