/** The usable windows of a recording one after the other, and what became of the others. */
import { MODEL_RATE } from '../rate.ts';
import type { Recording } from '../recording.ts';
import { impossibleInWords } from './amplitude.ts';
import type { Defect } from './checks.ts';
import { type CutWindow, type FoundDefect, WindowCutter } from './cutter.ts';
import type { WindowOptions } from './options.ts';

/** Windows that were not used, by reason, and stretches between gaps that are shorter than a window. */
export type Dropped = Record<Defect, number> & { shortStretches: number };

export const nothingDropped = (): Dropped => ({
  missing: 0,
  impossible: 0,
  flat: 0,
  clipped: 0,
  shortStretches: 0,
});

/** Windows that were dropped, whatever for. */
export function droppedWindows({ missing, impossible, flat, clipped }: Dropped): number {
  return missing + impossible + flat + clipped;
}

export function sumOfDropped(all: readonly Dropped[]): Dropped {
  const sum = nothingDropped();
  for (const one of all) for (const key of Object.keys(sum) as (keyof Dropped)[]) sum[key] += one[key];
  return sum;
}

/** A channel whose defects made windows drop. */
export interface Blamed {
  label: string;
  windows: number;
}

/** A recording while it is cut, a minute of its signal in memory at a time, however long it is. */
export class WindowStream {
  readonly recording: Recording;
  readonly cutter: WindowCutter;
  /** [channels, samples] of a window. */
  readonly shape: readonly [channels: number, samples: number];
  /** Of the windows that were looked at so far, and so of all once `windows` has come to its end. */
  readonly dropped: Dropped;
  readonly #blamed: number[];
  #firstImpossible: FoundDefect | undefined;
  /** Windows that were counted: whoever walks again, or at the same time, counts none of them twice. */
  #counted = 0;

  /**
   * @throws SignalError where the options make no sense.
   * @throws UnfitRecording where no channel can be used.
   */
  static async open(recording: Recording, options: WindowOptions): Promise<WindowStream> {
    return new WindowStream(await WindowCutter.open(recording, options));
  }

  private constructor(cutter: WindowCutter) {
    const { recording, labels, samples, outside, shortStretches } = cutter;
    this.recording = recording;
    this.cutter = cutter;
    this.shape = [labels.length, samples];
    this.dropped = { ...nothingDropped(), missing: outside, shortStretches };
    this.#blamed = labels.map(() => 0);
  }

  get labels(): readonly string[] {
    return this.cutter.labels;
  }

  /** Channels whose defects made windows drop, worst first: leaving such a channel out may save a recording. */
  get blamed(): Blamed[] {
    return this.#blamed
      .flatMap((windows, channel) => (windows > 0 ? [{ label: this.labels[channel] ?? '', windows }] : []))
      .sort((a, b) => b.windows - a.windows);
  }

  /** Every usable window in order. Only what `copy` is called of is filtered. */
  async *windows(): AsyncGenerator<CutWindow> {
    for await (const window of this.cutter.all()) {
      const { defect, index } = window;
      const isNew = index >= this.#counted;
      if (isNew) this.#counted = index + 1;
      if (!defect) {
        yield window;
        continue;
      }
      if (!isNew) continue;
      this.dropped[defect.kind]++;
      if (defect.kind === 'impossible') this.#firstImpossible ??= defect;
      this.#blamed[defect.channel] = (this.#blamed[defect.channel] as number) + 1;
    }
  }

  /** What has to be said of the windows that were dropped, once it was walked through. */
  get remarks(): string[] {
    if (!this.#firstImpossible) return [];
    const { channel, second = 0, value = 0 } = this.#firstImpossible;
    const count = this.dropped.impossible;
    return [
      `${impossibleInWords(this.labels[channel] ?? '', value, second)}; for such values ${count === 1 ? 'a window was' : `${count} windows were`} dropped`,
    ];
  }

  /** Why a recording has no usable window, once it was walked through. */
  get whyEmpty(): string {
    const { dropped, blamed, labels, shape } = this;
    return whyEmpty({ dropped, blamed, labels, samples: shape[1] });
  }
}

export function whyEmpty({
  dropped,
  blamed,
  labels,
  samples,
}: {
  dropped: Dropped;
  blamed: readonly Blamed[];
  labels: readonly string[];
  samples: number;
}): string {
  const { missing, impossible, flat, clipped } = dropped;
  if (droppedWindows(dropped) === 0) return `is shorter than a window of ${samples / MODEL_RATE} s.`;
  const worst = blamed.slice(0, 3).map(({ label, windows }) => `"${label}" (${windows})`);
  return `all its windows were dropped: ${missing} for missing samples, ${impossible > 0 ? `${impossible} for impossible values, ` : ''}${flat} as flat, ${clipped} as clipped, because of ${worst.join(', ')}.${labels.length > worst.length ? ' Name the channels to use without these.' : ''}`;
}
