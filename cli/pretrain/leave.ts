/** Writes what a finished run leaves behind: the summary, the pictures and the page that shows both. */
import { MODEL_RATE } from '../../data/index.ts';
import { lossCurve } from '../../figures/loss-curve.ts';
import { reconstructionFigure } from '../../figures/reconstruction.ts';
import { RUN_FILES, type RunFolder } from '../run-folder.ts';
import { plural } from '../text.ts';
import type { RunConfig } from './config.ts';
import { meanOf, type SourceOutcome } from './outcome.ts';
import { pretrainPage, sha256Of } from './page.ts';
import { type Finished, summarize } from './summary.ts';

export function leaveOutcome(folder: RunFolder, finished: Finished, config: RunConfig): void {
  const { outcomes, records } = finished;
  const heldOut = Object.fromEntries([...outcomes].map(([source, { heldOutLoss }]) => [source, heldOutLoss]));
  const loss = lossCurve(records, { heldOut, predictZero: meanOf(outcomes, 'predictZeroLoss') });
  const pictures = [...outcomes].map(
    ([source, outcome]) => [source, reconstructionOf(source, outcome)] as const,
  );
  folder.write(RUN_FILES.loss, loss);
  for (const [source, picture] of pictures) folder.write(reconstructionFile(source), picture);
  const summary = summarize(finished);
  const weights = [RUN_FILES.encoder, RUN_FILES.decoder].filter((name) => folder.has(name));
  folder.write(
    RUN_FILES.report,
    pretrainPage({
      config,
      records,
      summary,
      reconstructions: pictures.map(([, picture]) => picture),
      hashes: weights.map((name) => [name, sha256Of(folder.read(name))]),
    }),
  );
  // Last: where there is a summary, everything else is there.
  folder.write(RUN_FILES.summary, `${JSON.stringify(summary, null, 2)}\n`);
}

export function reconstructionFile(source: string): string {
  return `reconstruction-${source.toLowerCase().replace(/[^\w]+/g, '-')}.svg`;
}

function reconstructionOf(source: string, { example, windows }: SourceOutcome): string {
  const { loss, zeroLoss, ...window } = example;
  return reconstructionFigure({
    ...window,
    title: `${source}: a held-out window, and what the model gives back of it`,
    caption: `of median error; loss ${loss.toFixed(3)}, predicting zero ${zeroLoss.toFixed(3)}; ${plural(windows, 'window')} held out`,
    rate: MODEL_RATE,
  });
}
