/** Writes what a reconstruction leaves behind: the page, its pictures and the numbers. */
import { readdirSync, rmSync } from 'node:fs';
import { MODEL_RATE } from '../../data/index.ts';
import { reconstructionFigure } from '../../figures/reconstruction.ts';
import { costingLessNotes, isShown, type RecordingYardsticks } from '../../workflows/index.ts';
import { FileGroup, jsonOf } from '../common/files.ts';
import { FIGURE, NUMBERS, PAGE, withFigures } from '../common/reconstruction-page.ts';
import { type Report, reportPage, type Section } from '../common/report-page.ts';
import type { RunFolder } from '../common/run/run-folder.ts';
import { nearPaths, type Row } from '../common/text.ts';
import type { ChosenWindow } from './choose.ts';
import type { ModalityErrors, Returned } from './errors.ts';
import type { RenderedWindow } from './render.ts';
import {
  bandNote,
  bandTable,
  channelTable,
  decimal,
  MEANING,
  modalityName,
  yardstickNote,
  yardstickTable,
} from './tables.ts';

/** Errors beside what costs less, and what they amount to. */
export interface JudgedErrors extends ModalityErrors {
  readonly yardsticks: RecordingYardsticks;
  /** Undefined where the error is not a number. */
  readonly verdict: string | undefined;
}

export interface Outcome {
  /** In place of the page's title. */
  readonly lead: string;
  readonly facts: readonly Row[];
  /** What must be said beside every picture and number. */
  readonly warning: string | undefined;
  readonly modalities: readonly JudgedErrors[];
  readonly shown: readonly (ChosenWindow & RenderedWindow)[];
  /** For the file of numbers. */
  readonly about: Readonly<Record<string, unknown>>;
}

/** All files together, or none of them under its name. */
export function leave(folder: RunFolder, outcome: Outcome): void {
  const { shown, modalities, warning } = outcome;
  const figures = shown.map((window, i) => [`window-${i + 1}.svg`, figureOf(window)] as const);
  const page: Report = {
    title: 'SPOTR reconstruction',
    lead: outcome.lead,
    sections: [
      {
        heading: 'Windows',
        note: [
          'Grey is the original, blue what the renderer makes of the token; both in standard deviations of each channel of the window.',
          warning,
        ]
          .filter(Boolean)
          .join(' '),
        figures: figures.map(([file]) => file),
      },
      ...modalities.flatMap((errors) => sectionsOf(errors, modalities.length > 1)),
    ],
    facts: outcome.facts,
  };
  const numbers = {
    ...outcome.about,
    units: 'z-scored by channel and window, without padding; predicting zero has r2 = 0',
    modalities: modalities.map(({ modality, all, channels, yardsticks, verdict }) => ({
      modality: modality ?? null,
      ...plain(all),
      yardsticks: plainYardsticks(yardsticks),
      verdict: verdict ?? null,
      channels: [...channels].map(([label, returned]) => ({ label, ...plain(returned) })),
    })),
    shown: shown.map(({ recording, window, normalizedError, why }, i) => ({
      file: figures[i]?.[0],
      recording: nearPaths(recording.name),
      start: recording.starts[window],
      why,
      r2: 1 - normalizedError,
      normalizedError,
    })),
    page,
  };
  const contents = {
    ...Object.fromEntries(figures),
    [PAGE]: reportPage(withFigures(page, new Map(figures))),
    // The last one, which is JSON, tells a group that was written to its end.
    [NUMBERS]: `${jsonOf(numbers, 1)}\n`,
  };
  const group = new FileGroup(folder.path, Object.keys(contents));
  try {
    group.write(contents);
  } catch (error) {
    group.recover();
    throw error;
  }
  // Pictures of an earlier reconstruction that had more of them.
  for (const name of readdirSync(folder.path))
    if (FIGURE.test(name) && !(name in contents)) rmSync(folder.file(name));
}

function sectionsOf(errors: JudgedErrors, named: boolean): Section[] {
  const of = named ? `, ${modalityName(errors.modality)}` : '';
  const { yardsticks, verdict } = errors;
  return [
    {
      heading: `Beside baselines${of}`,
      note: [verdict, yardstickNote(yardsticks)].filter((text) => text !== undefined).join(' '),
      table: yardstickTable(errors, yardsticks),
    },
    {
      heading: `Reconstruction by band${of}`,
      note: bandNote(errors),
      table: bandTable(errors),
    },
    { heading: `By channel${of}`, note: MEANING, table: channelTable(errors) },
  ];
}

/** Normalised errors; of a code that is not shown null. */
function plainYardsticks({ positionBlind, pca }: RecordingYardsticks) {
  return {
    positionBlindFloor: positionBlind ?? null,
    pca: pca.map((one) => ({ ...one, error: isShown(one) ? one.error : null })),
    notes: costingLessNotes({ positionBlind, pca }),
  };
}

function plain({ windows, r2, normalizedError, bands }: Returned) {
  return {
    windows,
    r2,
    normalizedError,
    bands: bands.map(({ band, ...rest }) => ({ ...band, ...rest })),
  };
}

function figureOf(shown: ChosenWindow & RenderedWindow): string {
  const { recording, window, original, reconstruction, normalizedError, why } = shown;
  const [, channels, samples] = recording.shape;
  const start = recording.starts[window] ?? 0;
  const file = nearPaths(recording.name).split('/').at(-1) ?? '';
  return reconstructionFigure({
    title: `${file} from ${Number(start.toFixed(3))} s: ${why}`,
    caption: `R2 ${decimal(1 - normalizedError)}, normalised error ${decimal(normalizedError)} over all channels; predicting zero has 0 and 1`,
    rate: MODEL_RATE,
    original,
    reconstruction,
    channels,
    samples,
    labels: recording.labels,
    mostChannels: channels,
  });
}
