/** Which waiting commands go with buffers that are destroyed, and which buffers must wait for their commands. */
import { describe, expect, it } from 'vitest';
import type { Command } from '../../engine/gpu/command.ts';
import { Storage } from '../../engine/gpu/memory.ts';
import { sortMoot } from '../../engine/gpu/moot.ts';

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
  const { kept, moot, free } = sortMoot(
    waiting,
    underway,
    going.map(({ place }) => place),
  );
  return { kept, moot, free: [...free].map((buffer) => buffer?.label) };
};

describe('commands that wait when buffers go', () => {
  it('are dropped where they concern these buffers alone', () => {
    const waiting = [clear(a), copy(a, b), clear(c)];
    expect(sorted(waiting, [a, b])).toEqual({
      kept: [waiting[2]],
      moot: waiting.slice(0, 2),
      free: ['a', 'b'],
    });
  });

  it('are kept where something that stays reads what they make, however far down', () => {
    const waiting = [clear(a), copy(a, b), copy(b, c)];
    expect(sorted(waiting, [a, b])).toEqual({ kept: waiting, moot: [], free: [] });
  });

  it('are kept where they are read back: somebody waits for the bytes', () => {
    const waiting = [clear(a), read(a), clear(b)];
    expect(sorted(waiting, [a, b])).toEqual({ kept: waiting.slice(0, 2), moot: [waiting[2]], free: ['b'] });
  });

  it('do not free what is being submitted', () => {
    expect(sorted([clear(b)], [a, b], [clear(a)])).toEqual({ kept: [], moot: [clear(b)], free: ['b'] });
    const writes = [copy(a, b)];
    expect(sorted(writes, [a, b], [clear(a)])).toEqual({ kept: writes, moot: [], free: [] });
  });
});
