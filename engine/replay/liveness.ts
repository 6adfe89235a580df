import { accessesOf, type Command } from '../gpu/command.ts';
import type { Storage } from '../gpu/memory.ts';
import type { Lifetime } from './placement.ts';

/** Whether others see it, or it was there before: then it has a buffer of its own. */
function stays(storage: Storage): boolean {
  return storage.owner !== 'step' || storage.exposed;
}

/** The commands without those whose results nobody reads: recomputed blocks end in some. */
export function withoutDead(commands: readonly Command[]): readonly Command[] {
  const wanted = new Set<Storage>();
  const kept = commands.toReversed().filter((command) => {
    const { reads, writes } = accessesOf(command);
    if (!writes.some((storage) => stays(storage) || wanted.has(storage))) return false;
    for (const storage of reads) wanted.add(storage);
    return true;
  });
  return kept.reverse();
}

/** When each storage that is the step's alone is needed. `written` are there before the first command. */
export function lifetimesOf(
  commands: readonly Command[],
  written: readonly Storage[],
): { readonly storages: readonly Storage[]; readonly lifetimes: readonly Lifetime[] } {
  const found = new Map<Storage, { index: number; first: number; last: number; apart: Set<number> }>();
  const touch = (storage: Storage, at: number) => {
    if (stays(storage)) return;
    const known = found.get(storage);
    if (known) known.last = at;
    else found.set(storage, { index: found.size, first: at, last: at, apart: new Set() });
  };
  for (const storage of written) touch(storage, -1);
  for (const [at, command] of commands.entries()) {
    const { reads, writes } = accessesOf(command);
    for (const storage of [...reads, ...writes]) touch(storage, at);
    // WebGPU refuses a buffer that one dispatch or copy both reads and writes, whatever ranges of it are meant.
    for (const read of reads.map((storage) => found.get(storage))) {
      for (const write of writes.map((storage) => found.get(storage))) {
        if (!read || !write || read === write) continue;
        read.apart.add(write.index);
        write.apart.add(read.index);
      }
    }
  }
  const storages = [...found.keys()];
  return {
    storages,
    lifetimes: [...found.values()].map((life, i) => ({ ...life, bytes: storages[i]?.bytes ?? 0 })),
  };
}
