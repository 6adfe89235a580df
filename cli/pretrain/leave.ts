/** Writes what a finished run leaves behind: the summary, the pictures and the page that shows both. */
import { MODEL_RATE } from '../../data/index.ts';
import { reconstructionFigure } from '../../figures/reconstruction.ts';
import { yardstickLines } from '../../workflows/index.ts';
import { jsonOf, sha256Of } from '../common/files.ts';
import type { RunConfig } from '../common/run/config.ts';
import type { SourceOutcome } from '../common/run/outcome.ts';
import { curveOf, pretrainPage } from '../common/run/page.ts';
import { RUN_FILES, type RunFolder } from '../common/run/run-folder.ts';
import { type Finished, summarize } from '../common/run/summary.ts';
import { plural } from '../common/text.ts';

export function leaveOutcome(folder: RunFolder, finished: Finished, config: RunConfig): void {
  const { outcomes, records } = finished;
  const loss = curveOf(records, outcomes);
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
  folder.write(RUN_FILES.summary, `${jsonOf(summary, 2)}\n`);
}

export function reconstructionFile(source: string): string {
  return `reconstruction-${source.toLowerCase().replace(/[^\w]+/g, '-')}.svg`;
}

function reconstructionOf(source: string, outcome: SourceOutcome): string {
  const { example, windows } = outcome;
  const { loss, zeroLoss, ...window } = example;
  return reconstructionFigure({
    ...window,
    title: `${source}: a held-out window and its reconstruction`,
    caption: `of median error; loss ${loss.toFixed(3)}, predicting zero ${zeroLoss.toFixed(3)}; ${overAll(outcome)} over all ${plural(windows, 'held-out window')}`,
    rate: MODEL_RATE,
  });
}

/** The same numbers as in the table: `0.141 (position-blind floor 0.558, PCA-32 0.101)`. */
function overAll(outcome: SourceOutcome): string {
  const beside = yardstickLines(new Map([['', outcome]])).map(
    ({ name, loss }) => `${name} ${loss.toFixed(3)}`,
  );
  const own = outcome.heldOutLoss.toFixed(3);
  return beside.length === 0 ? own : `${own} (${beside.join(', ')})`;
}
