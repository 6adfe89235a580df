import type { RecordingWindows } from '../../../data/index.ts';
import { checkBatchShape, type SpotrConfig } from '../../../model/index.ts';

/** @throws ModelError for windows that the model cannot take. */
export function checkShapes(
  recordings: readonly Pick<RecordingWindows, 'shape'>[],
  config: SpotrConfig,
): void {
  for (const { shape } of recordings) checkBatchShape([1, shape[1], shape[2]], config);
}
