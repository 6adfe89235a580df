import { blobSource, type FileEntry, openFiles } from '../../../data/index.ts';

/** Opens files that are given in base64, and reads the last three samples of each one's last channel. */
export default async function readFiles(files: Record<string, string>): Promise<Record<string, unknown>> {
  const entries = Object.entries(files).map(([path, base64]): FileEntry => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    return { path, open: async () => blobSource(new Blob([bytes]), path) };
  });
  const { recordings, skipped } = await openFiles(entries, { rate: 100 });
  const read: Record<string, unknown> = Object.fromEntries(skipped.map(({ path, reason }) => [path, reason]));
  for (const { name, channels, read: samples } of recordings) {
    const last = channels.length - 1;
    const length = channels[last]?.length ?? 0;
    read[name] = [...((await samples([last], length - 3, 3))[0] as Float64Array)];
  }
  return read;
}
