/** Which waiting commands go with buffers that are destroyed, and which buffers must wait for their commands. */
import { describe, expect, it } from 'vitest';
import type { Command } from '../../engine/gpu/command.ts';
import { splitDead } from '../../engine/gpu/dead-commands.ts';
import { Storage } from '../../engine/gpu/memory.ts';

/** Nothing is asked of a buffer here but which one it is. */
const storage = (name: string) => new Storage('pool', { label: name } as GPUBuffer, 0, 4);

const [a, b, c] = [storage('a'), storage('b'), storage('c')] as [Storage, Storage, Storage];
const copy = (from: Storage, to: Storage): Command => ({ kind: 'copy', from, to, bytes: 4 });
const clear = (one: Storage): Command => ({ kind: 'clear', storage: one });
const read = (from: Storage): Command => ({
  kind: 'download',
  from,
  staging: { label: 'staging' } as GPUBuffer,
  bytes: 4,
});

const sorted = (
  waiting: readonly Command[],
  going: readonly Storage[],
  underway: readonly Command[] = [],
) => {
  const { kept, dead, free } = splitDead(
    waiting,
    underway,
    going.map(({ gpuBuffer }) => gpuBuffer),
  );
  return { kept, dead, free: [...free].map((buffer) => buffer?.label) };
};

describe('commands that wait when buffers go', () => {
  it('are dropped where they concern these buffers alone', () => {
    const waiting = [clear(a), copy(a, b), clear(c)];
    expect(sorted(waiting, [a, b])).toEqual({
      kept: [waiting[2]],
      dead: waiting.slice(0, 2),
      free: ['a', 'b'],
    });
  });

  it('are kept where something that stays reads what they make, however far down', () => {
    const waiting = [clear(a), copy(a, b), copy(b, c)];
    expect(sorted(waiting, [a, b])).toEqual({ kept: waiting, dead: [], free: [] });
  });

  it('are kept where they are read back: somebody waits for the bytes', () => {
    const waiting = [clear(a), read(a), clear(b)];
    expect(sorted(waiting, [a, b])).toEqual({ kept: waiting.slice(0, 2), dead: [waiting[2]], free: ['b'] });
  });

  it('do not free what is being submitted', () => {
    expect(sorted([clear(b)], [a, b], [clear(a)])).toEqual({ kept: [], dead: [clear(b)], free: ['b'] });
    const writes = [copy(a, b)];
    expect(sorted(writes, [a, b], [clear(a)])).toEqual({ kept: writes, dead: [], free: [] });
  });
});
