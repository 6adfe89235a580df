/** Where the windows of a task lie in recordings. */
import { firstNames } from '../../../base/first-names.ts';
import {
  groupBy,
  type LabelledStretch,
  labelsCovering,
  type ManifestEntry,
  MODEL_RATE,
  type Recording,
  type RecordingWindows,
  SignalError,
  subjectKeys,
} from '../../../data/index.ts';
import type { LabelledPlace } from '../../../workflows/labelled/task.ts';
import { plural, tallied } from '../text.ts';

/** Seconds: as far as the position table reaches. */
const LONGEST = 64;
/** Seconds of a window where nothing says it. */
export const DEFAULT_SECONDS = 4;

/** Half a sample of tolerance: starts and lengths are sums of fractions. */
const HALF_SAMPLE = 0.5 / MODEL_RATE;

/** The longest window that every stretch has room for. */
export function shortestStretch(labels: readonly LabelledStretch[]): number {
  const least = Math.min(LONGEST, ...labels.map(({ seconds }) => seconds));
  return Math.floor(least * MODEL_RATE + 1e-6) / MODEL_RATE;
}

/** One after the other within each stretch. */
export function startsIn(
  stretches: readonly { start: number; seconds: number }[],
  seconds: number,
): number[] {
  const all = stretches.flatMap(({ start, seconds: length }) =>
    Array.from({ length: Math.floor(length / seconds + 1e-9) }, (_, i) => start + i * seconds),
  );
  // Where stretches overlap, a window counts once.
  return [...new Map(all.map((start) => [Math.round(start * MODEL_RATE), start])).values()];
}

/** Stretches that overlap, as one each; those that only touch stay apart. */
export function joined(labels: readonly LabelledStretch[]): { start: number; seconds: number }[] {
  const out: { start: number; end: number }[] = [];
  for (const { start, seconds } of [...labels].sort((a, b) => a.start - b.start)) {
    const last = out.at(-1);
    if (last && start < last.end - HALF_SAMPLE) last.end = Math.max(last.end, start + seconds);
    else out.push({ start, end: start + seconds });
  }
  return out.map(({ start, end }) => ({ start, seconds: end - start }));
}

/** "a;b" as two stretches, and "-" as none of a name. */
export function separated(labels: readonly LabelledStretch[]): LabelledStretch[] {
  return labels.flatMap(({ label, ...place }) =>
    label.split(/[;|]/).map((name) => ({ ...place, label: name.trim() })),
  );
}

/** The labels of a window of several; "-" says that it has none. */
export function labelsAt(labels: readonly LabelledStretch[], start: number, seconds: number): string[] {
  return labelsCovering(labels, start, seconds).filter((label) => label !== '-' && label !== '');
}

/** What is wrong with the labels of recordings, a sentence each. */
export function labelProblems(
  recordings: readonly Recording[],
  entryOf: (one: { readonly name: string }) => ManifestEntry | undefined,
  seconds: number,
  multilabel: boolean,
): string[] {
  const torn = recordings.flatMap((recording) => {
    const own = entryOf(recording)?.labels ?? [];
    const start = startsIn(own, seconds).find((at) => labelsCovering(own, at, seconds, 1).length > 1);
    if (start === undefined) return [];
    return [
      `${recording.name} at ${start.toFixed(2)} s (${labelsCovering(own, start, seconds, 1).join(', ')})`,
    ];
  });
  const beyond = recordings.flatMap((recording) => {
    const [first] = recording.channels;
    const stored = first ? first.length / first.rate : 0;
    const end = Math.max(
      0,
      ...(entryOf(recording)?.labels ?? []).map(({ start, seconds }) => start + seconds),
    );
    return end > stored + 1 / MODEL_RATE + (first ? 1 / first.rate : 0)
      ? [`${recording.name} (to ${end.toFixed(2)} s of ${stored.toFixed(2)} s)`]
      : [];
  });
  const longest = Math.max(
    0,
    ...recordings.flatMap((one) => (entryOf(one)?.labels ?? []).map(({ seconds }) => seconds)),
  );
  return [
    ...(torn.length > 0 && !multilabel
      ? [
          `several labels cover the same window: ${torn.slice(0, 5).join('; ')}${torn.length > 5 ? ` and ${plural(torn.length - 5, 'more recording')}` : ''}; with --multilabel a window has them all`,
        ]
      : []),
    ...(beyond.length > 0
      ? [`labels reach beyond the end of ${plural(beyond.length, 'recording')}: ${firstNames(beyond, 5)}`]
      : []),
    ...(longest > 0 && longest < seconds - HALF_SAMPLE
      ? [
          `no labelled segment is long enough for a window of ${seconds} s (the longest is ${longest.toFixed(2)} s)`,
        ]
      : []),
  ];
}

/** Of each subject's windows in order of time, the first for training, then those for validation, the last for test. */
export const IDENTITY_PARTS = { train: 0.6, validation: 0.2 } as const;
const MIN_WINDOWS = 5;

/**
 * Windows of subjects that have enough of them, each with its part. Subjects of one name in two data sets are two.
 * @throws SignalError where fewer than two subjects have.
 */
export function identityPlaces(recordings: readonly RecordingWindows[]): LabelledPlace[] {
  const all = recordings.flatMap((one, recording) =>
    subjectKeys(one).flatMap((key) =>
      Array.from({ length: one.shape[0] }, (_, window) => ({ recording, window, key, own: one })),
    ),
  );
  const bySubject = [...groupBy(all, ({ key }) => key)].filter(
    ([, windows]) => windows.length >= MIN_WINDOWS,
  );
  if (bySubject.length < 2)
    throw new SignalError(
      `Subject identity can only be probed with two subjects or more that have ${MIN_WINDOWS} windows each; there ${bySubject.length === 1 ? 'is one' : 'are none'}. Manifests and tables name subjects in "subject".`,
    );
  const named = tallied(bySubject.map(([, [first]]) => first?.own.subject ?? ''));
  const shared = new Set(named.flatMap(([name, count]) => (count > 1 ? [name] : [])));
  return bySubject.flatMap(([key, windows]) =>
    windows.map(({ recording, window, own: { subject = '', dataset = '' } }, i): LabelledPlace => {
      const part = (i + 0.5) / windows.length;
      const { train, validation } = IDENTITY_PARTS;
      const split = part < train ? 'train' : part < train + validation ? 'validation' : 'test';
      const label = shared.has(subject) ? `${dataset}/${subject}` : subject;
      return { recording, window, labels: [label], group: key, split };
    }),
  );
}
