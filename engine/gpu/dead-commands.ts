import { accessesOf, type Command } from './command.ts';

export interface Sorted {
  /** Still to be submitted, in order. */
  readonly kept: Command[];
  /** What concerns buffers that go and nothing else: nobody can see what it would do. */
  readonly dead: Command[];
  /** Of the buffers that go, those that nothing kept or under way uses. */
  readonly free: ReadonlySet<GPUBuffer | null>;
}

/** Sorts commands that wait when some buffers are to be destroyed; those `underway` are being submitted. */
export function splitDead(
  waiting: readonly Command[],
  underway: readonly Command[],
  going: readonly GPUBuffer[],
): Sorted {
  const free = new Set<GPUBuffer | null>(going);
  const isDead = (command: Command) =>
    command.kind !== 'download' && buffersOf(command).every((buffer) => free.has(buffer));
  const keep = (command: Command) => {
    for (const buffer of buffersOf(command)) free.delete(buffer);
  };
  underway.forEach(keep);
  // What one command still needs may come from another that concerned these buffers alone until then.
  for (let before = -1; before !== free.size; ) {
    before = free.size;
    for (const command of waiting) if (!isDead(command)) keep(command);
  }
  return { kept: waiting.filter((one) => !isDead(one)), dead: waiting.filter(isDead), free };
}

function buffersOf(command: Command): (GPUBuffer | null)[] {
  const { reads, writes } = accessesOf(command);
  return [...reads, ...writes].map(({ whole }) => whole.buffer);
}
