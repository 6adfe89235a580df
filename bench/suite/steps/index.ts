import type { SpotrSize } from '../../../model/config.ts';
import { type Extent, TYPICAL, WINDOWS } from '../cases/index.ts';
import type { Window } from '../cases/spotr.ts';
import type { Job } from '../job.ts';
import { embedJob } from './embed.ts';
import { trainJob } from './train.ts';

/** Two channels of one second. */
const SHORT: Window = { channels: 2, samples: 200 };

/** The base model takes seconds a window on a processor: at one window only. */
const EMBEDDED: Readonly<Record<Extent, readonly (readonly [SpotrSize, readonly Window[]])[]>> = {
  quick: [['tiny', [TYPICAL]]],
  full: [
    ['tiny', WINDOWS],
    ['small', WINDOWS],
    ['medium', WINDOWS],
    ['base', [TYPICAL]],
  ],
};

interface Trained {
  readonly size: SpotrSize;
  readonly window: Window;
  readonly batches: readonly number[];
  /** Batch at which the peers train the same model; none where that would take them minutes. */
  readonly compared?: number;
  /** Batch that is trained a second time, with gradient checkpointing. */
  readonly checkpointed?: number;
}

const TRAINED: Readonly<Record<Extent, readonly Trained[]>> = {
  quick: [{ size: 'tiny', window: SHORT, batches: [8], compared: 8 }],
  full: [
    { size: 'tiny', window: SHORT, batches: [1, 8, 32], compared: 8 },
    { size: 'small', window: TYPICAL, batches: [1, 4, 8], compared: 1, checkpointed: 4 },
    { size: 'medium', window: TYPICAL, batches: [1, 4], checkpointed: 1 },
    { size: 'base', window: TYPICAL, batches: [1] },
  ],
};

/** Whole steps: embedding one window, and training. */
export function stepJobs(extent: Extent): Job[] {
  return [
    ...EMBEDDED[extent].flatMap(([size, windows]) => windows.map((window) => embedJob(size, window))),
    ...TRAINED[extent].flatMap(({ size, window, batches, compared, checkpointed }) =>
      batches.flatMap((batch) => [
        trainJob(size, window, batch, { compare: batch === compared }),
        ...(batch === checkpointed ? [trainJob(size, window, batch, { checkpointing: true })] : []),
      ]),
    ),
  ];
}
