/** The files of a published folder. */
import { packedContract } from '../../data/index.ts';
import { jsonOf, sha256Of } from '../common/files.ts';
import { PUBLISHED_CONFIG, PUBLISHED_FORMAT } from '../common/weights/published-check.ts';
import { modelCard, type Stated } from './card.ts';
import { publicCommand } from './command-line.ts';
import { dataSetsOf, type FinishedRun, type PublishedConfig, publicFacts } from './read-run.ts';

export const CARD = 'README.md';

export interface Wish {
  readonly license: string;
  readonly title: string | undefined;
  readonly data: string | undefined;
  readonly nameDataSets: boolean;
}

/** By name. The same run and wish give the same bytes. */
export function publicationOf(run: FinishedRun, wish: Wish): Map<string, string | Uint8Array> {
  const facts = publicFacts(run);
  const files: PublishedConfig['files'] = Object.fromEntries(
    [...run.weights].map(([name, bytes]) => [name, { bytes: bytes.length, sha256: sha256Of(bytes) }]),
  );
  const { contract } = run;
  const dataSets = wish.nameDataSets ? dataSetsOf(run.config) : [];
  const stated: Stated = {
    license: wish.license,
    title: wish.title ?? `SPOTR, ${facts.model.size}`,
    data: wish.data,
    dataSets,
  };
  const command = publicCommand(run.config.settings);
  const config = {
    format: PUBLISHED_FORMAT,
    version: 1,
    model_type: 'spotr',
    license: wish.license,
    ...facts,
    ...(dataSets.length > 0 && { dataSets }),
    contract: contract && packedContract(contract),
    command: command.line,
    files,
  };
  return new Map<string, string | Uint8Array>([
    ...run.weights,
    [CARD, modelCard({ ...facts, contract, files }, stated, command)],
    // Last, since it says what the others are.
    [PUBLISHED_CONFIG, `${jsonOf(config, 2)}\n`],
  ]);
}
