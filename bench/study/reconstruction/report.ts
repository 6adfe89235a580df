/** `RECONSTRUCTION.md`: the losses of models of one kind of signal, beside the floor and linear codes. */
import { bullets, markdownTable } from '../../report/markdown.ts';
import { commandOf, coverage, type Study } from '../plan.ts';
import { costTable, lossesTable, RATIOS_IN_WORDS, reachedSentences } from '../training.ts';
import type { Signals } from './signals.ts';

export function reconstructionMarkdown(study: Study, signals: readonly Signals[]): string {
  return `${[
    '# How much does one token give back?',
    'A model of one kind of signal in windows of one length, trained from scratch with `--recipe quick --auxiliary linear`: no head for the spectrum, so that all it learns is to give the window back.',
    `${commandOf(study)} ${coverage(study)}`,
    '## In short',
    bullets(reachedSentences(study)),
    '## Losses',
    markdownTable(lossesTable(study)),
    RATIOS_IN_WORDS,
    '## Trainings',
    markdownTable(costTable(study)),
    '## Signals',
    markdownTable({
      headings: ['signals', 'held out'],
      texts: 2,
      rows: signals.map(({ title, heldOut }) => [title, heldOut]),
    }),
  ].join('\n\n')}\n`;
}
