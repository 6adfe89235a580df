/** The place of a window of a recording, by what a manifest says of it. */
import { labelOf, type ManifestEntry, type Recording, type WindowPlace } from '../../../data/index.ts';
import { nearPaths } from '../text.ts';

export function placeOf(
  { name, dataset, modality, subject }: Recording,
  entry: ManifestEntry | undefined,
  { start, seconds, channels }: Pick<WindowPlace, 'start' | 'seconds' | 'channels'>,
): WindowPlace {
  const label = labelOf(entry?.labels ?? [], start, seconds);
  const recording = nearPaths(name);
  return { recording, start, seconds, channels, dataset, modality, subject, split: entry?.split, label };
}
