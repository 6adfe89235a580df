import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Truth } from './golden-file.ts';

/** Signals [B, C, T] as one text file each, a column a channel; the paths. */
export function writeCsv(folder: string, { shape, data }: Truth): string[] {
  const [batch = 1, channels = 1, samples = 1] = shape;
  return Array.from({ length: batch }, (_, b) => {
    const names = Array.from({ length: channels }, (_, c) => `A${c + 1}`);
    const rows = Array.from({ length: samples }, (_, t) =>
      names.map((_, c) => data[(b * channels + c) * samples + t]).join(','),
    );
    const path = join(folder, `recording-${b}.csv`);
    writeFileSync(path, `${[names.join(','), ...rows].join('\n')}\n`);
    return path;
  });
}
