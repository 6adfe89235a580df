/** `README.md` of a published folder: the model card, as model hubs show it. */
import { kindsInWords, lengthsInWords, MODALITIES, NOTICE } from '../../data/index.ts';
import { contractInWords, montagesInWords } from '../../workflows/channel-contract.ts';
import { findingsOf } from '../../workflows/yardsticks/findings.ts';
import { lossTable } from '../../workflows/yardsticks/table.ts';
import type { Summary } from '../common/run/summary.ts';
import { plural, showCount } from '../common/text.ts';
import { PUBLISHED_CONFIG } from '../common/weights/published-check.ts';
import type { PublicCommand } from './command-line.ts';
import type { PublishedConfig } from './read-run.ts';

/** What a person says of the weights. */
export interface Stated {
  /** As hubs spell licences. */
  readonly license: string;
  readonly title: string;
  /** What the data were, in the person's own words. */
  readonly data: string | undefined;
  /** Names of data sets, where they are to be named. */
  readonly dataSets: readonly string[];
}

export function modelCard(config: PublishedConfig, stated: Stated, command: PublicCommand): string {
  const { model, contract } = config;
  const kinds = (contract?.kinds ?? []).filter((kind) => kind !== 'unknown');
  return [
    ...frontMatter(stated.license, kinds),
    `# ${inline(stated.title)}`,
    '',
    `A SPOTR model of size ${model.size} (${showCount(model.parameters)} parameters): an encoder that turns a window of a multichannel recording into one token of ${model.encoderDim} numbers, and the renderer that rebuilds the window from it. Trained without labels, as in [Gui et al., IJCAI 2026](https://arxiv.org/abs/2606.21973), by spotr-webgpu ${config.spotr}. Research use, not a medical device.`,
    '',
    '## Use',
    '',
    '```sh',
    'npx spotr embed RECORDINGS --weights THIS_FOLDER --out embeddings.parquet',
    '```',
    '',
    `\`THIS_FOLDER\` is this folder on disk, or \`hf:OWNER/REPO\` where it lies on a hub. Windows are cut as in training unless options say otherwise, and channels are put into the trained order. ${NOTICE}`,
    '',
    ...dataSection(config, stated),
    '## Held-out losses',
    '',
    ...heldOutTable(config.heldOut),
    '',
    ...verdicts(config),
    `Mean squared errors, each channel standardised${model.stored === 'f16' ? ', of the run with its weights in f32; the files hold them rounded to f16' : ''}. These losses do not show how well the token predicts labels: measure that with \`spotr probe\`, beside baselines.`,
    '',
    '## Limits',
    '',
    ...limits(config).map((limit) => `- ${limit}`),
    '',
    '## How it was made',
    '',
    '```sh',
    command.line,
    '```',
    '',
    ...(command.withheld.length > 0
      ? [
          `Options whose values are not published: ${command.withheld.map((name) => `\`${name}\``).join(', ')}.`,
          '',
        ]
      : []),
    ...startSection(config),
    `On ${inline(config.training.adapter)}; the same command on the same adapter and recordings gives bit-identical weights. \`${PUBLISHED_CONFIG}\` has every setting, the channels, and the SHA-256 of each file, which spotr checks when it reads them:`,
    '',
    ...Object.entries(config.files).map(
      ([name, { bytes, sha256 }]) => `- \`${name}\`: ${showCount(bytes)} bytes, \`${sha256}\``,
    ),
    '',
  ].join('\n');
}

/** The weights that it was trained on from: whoever repeats the run needs them. */
function startSection({ from }: PublishedConfig): string[] {
  if (!from) return [];
  const { weights, encoder, decoder } = from;
  const named = weights === undefined ? 'weights whose place is not published' : inline(weights);
  const renderer = decoder === null ? 'a newly initialised renderer' : `renderer SHA-256 \`${decoder}\``;
  return [`Trained on from ${named}: encoder SHA-256 \`${encoder}\`, ${renderer}.`, ''];
}

function frontMatter(license: string, kinds: readonly string[]): string[] {
  const tags = ['spotr', 'webgpu', 'self-supervised', 'biosignals', 'time-series', ...kinds];
  return [
    '---',
    `license: ${license}`,
    'library_name: spotr-webgpu',
    'pipeline_tag: feature-extraction',
    'tags:',
    ...tags.map((tag) => `- ${tag}`),
    '---',
    '',
  ];
}

function dataSection({ data, preprocessing, contract, training }: PublishedConfig, stated: Stated): string[] {
  const { rate, windows, ...cut } = preprocessing;
  const filters = [
    ...('mains' in cut && cut.mains !== undefined ? [`mains ${cut.mains}`] : []),
    ...('bandPass' in cut && cut.bandPass
      ? [`band-pass ${cut.bandPass.low ?? 0} to ${cut.bandPass.high ?? rate / 2} Hz`]
      : []),
    ...('detrend' in cut && cut.detrend ? [`${cut.detrend} trend removed`] : []),
  ];
  const lengths = contract ? lengthsInWords(contract) : `${windows.join(', ')} s`;
  return [
    '## Training data',
    '',
    ...(stated.data === undefined ? [] : [stated.data.trim(), '']),
    ...(data.kind === 'generated'
      ? [`Generated signals (${kindsInWords(data.kinds)}); no recording of a person.`]
      : [
          `Windows to train on${training.dense ? ' (of few recordings they overlap)' : ''}, and recordings, including those that are held out and those of the test split${data.dataSets > 1 ? `, from ${plural(data.dataSets, 'data set')}` : ''}:`,
          '',
          ...data.sources.map(
            ({ source, recordings, trainWindows }) =>
              `- ${kindName(source)}: ${plural(trainWindows, 'window')}, ${plural(recordings, 'recording')}`,
          ),
          ...(stated.dataSets.length > 0
            ? ['', `Data sets: ${stated.dataSets.map(inline).join(', ')}.`]
            : []),
        ]),
    '',
    `Windows of ${lengths} at ${rate} Hz${filters.length > 0 ? `, ${filters.join(', ')}` : ''}.`,
    '',
    ...(contract
      ? [
          `Channels, in the order of the model's position rows (${contractInWords(contract)}):`,
          '',
          ...montagesInWords(contract).map((line) => `- ${inline(line)}`),
        ]
      : ['The run does not state on which channels it was trained.']),
    '',
  ];
}

/** The same table as the run's own report. */
function heldOutTable(heldOut: Summary['modalities']): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const { headings, rows, notes } = lossTable(new Map(Object.entries(heldOut)), { digits: 4 });
  return [
    line(headings),
    line(headings.map((_, i) => (i === 0 ? '---' : '---:'))),
    ...rows.map(line),
    '',
    notes.join(' '),
  ];
}

/** What the losses amount to, as the run said it. */
function verdicts({ heldOut, model }: PublishedConfig): string[] {
  const losses = new Map(Object.entries(heldOut));
  const { conditioning } = model;
  const found = findingsOf(losses, { conditioning, ways: [], nameOf: kindName });
  return found.length > 0 ? [...found.map((sentence) => `- ${sentence}`), ''] : [];
}

/** A source of windows in words. */
function kindName(source: string): string {
  const kind = MODALITIES.find((each) => each === source);
  return kindsInWords([kind ?? 'unknown']);
}

function limits({ contract, data, heldOut }: PublishedConfig): string[] {
  const poor = Object.entries(heldOut).flatMap(([source, { heldOutLoss, predictZeroLoss }]) =>
    heldOutLoss < predictZeroLoss ? [] : [kindName(source)],
  );
  const kinds = contract && kindsInWords(contract.kinds);
  return [
    'Research use. Not a medical device, and not validated for any diagnosis.',
    ...(poor.length > 0 ? [`On held-out ${poor.join(' and ')} it is no better than predicting zero.`] : []),
    ...(kinds ? [`Trained on ${kinds}; its token is not meaningful for other kinds of signal.`] : []),
    'Channels are distinguished by their position alone: a recording with other channels, or other sites under the same names, is another input.',
    ...(data.kind === 'generated'
      ? ['Trained on generated signals only: it has seen no real recordings.']
      : []),
    'Embeddings are personal data: protect them like the recordings. People can be identified by them, and the renderer reconstructs the signal from its token.',
    'Weights may memorise training data; whoever publishes them is responsible for the consent of the people recorded.',
  ];
}

/** Of a name, on one line: what Markdown and HTML would take for their own is escaped. */
function inline(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>|#&]/g, (letter) => `\\${letter}`);
}
