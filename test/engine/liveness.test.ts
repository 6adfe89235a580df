import fc from 'fast-check';
import { expect, it } from 'vitest';
import { accessesOf, type Command } from '../../engine/gpu/command.ts';
import { defineKernel } from '../../engine/gpu/kernel.ts';
import { Storage } from '../../engine/gpu/memory.ts';
import { lifetimesOf, withoutDead } from '../../engine/replay/liveness.ts';
import { assignSlots } from '../../engine/replay/placement.ts';
import { runs } from '../support/engine.ts';

const storageOf = (bytes: number) => new Storage('step', null, 0, bytes);

function dispatch(name: string, reads: readonly Storage[], write: Storage): Command {
  const shape = { reads: reads.length, writes: 1, uniforms: {} };
  const kernel = defineKernel({ name: `${name} of ${reads.length}`, shader: '', entry: '', ...shape });
  const rest = { constants: {}, pipelineKey: name, uniforms: new ArrayBuffer(16) };
  return { kind: 'dispatch', kernel, bindings: [...reads, write], workgroups: [1, 1, 1], ...rest };
}

/** Random programs: each command reads what is there and makes something new, or adds to what is there. */
const programs = fc
  .array(
    fc.record({
      reads: fc.array(fc.nat(1e6), { minLength: 1, maxLength: 3 }),
      adds: fc.option(fc.nat(1e6), { freq: 4 }),
      bytes: fc.integer({ min: 4, max: 3000 }),
      copies: fc.boolean(),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((list) => {
    const argument = storageOf(100);
    const there = [argument];
    const commands = list.map(({ reads, adds, bytes, copies }, index): Command => {
      const fresh = adds === null || index === 0;
      const target = fresh ? storageOf(bytes) : (there[(adds ?? 0) % there.length] as Storage);
      const read = reads.map((seed) => there[seed % there.length] as Storage).filter((one) => one !== target);
      if (fresh) there.push(target);
      const [from] = read;
      if (copies && fresh && from) return { kind: 'copy', from, to: target, bytes: 4 };
      return dispatch(`k${index}`, [...new Set(read)], target);
    });
    const result = there.at(-1) as Storage;
    result.exposed = true;
    return { argument, result, commands };
  });

/** Runs commands on words, one for each 256 bytes; `home` says where a storage lies. What the result holds then. */
function run(
  commands: readonly Command[],
  argument: Storage,
  result: Storage,
  home: (one: Storage) => string[],
) {
  const memory = new Map<string, string>();
  const write = (storage: Storage, value: string) => {
    for (const block of home(storage)) memory.set(block, value);
  };
  const read = (storage: Storage) => [...new Set(home(storage).map((block) => memory.get(block)))].join('|');
  const made = new Set<Storage>([argument]);
  write(argument, 'argument');
  for (const command of commands) {
    const { reads, writes } = accessesOf(command);
    const [target] = writes as readonly [Storage];
    const sources = made.has(target) ? [...reads, target] : reads;
    const name = command.kind === 'dispatch' ? command.kernel.name : command.kind;
    write(target, `${name}(${sources.map(read).join()})`);
    made.add(target);
  }
  return read(result);
}

it('commands without the dead ones, on shared memory, compute what all of them compute on their own', () => {
  fc.assert(
    fc.property(programs, ({ argument, result, commands }) => {
      const kept = withoutDead(commands);
      const { storages, lifetimes } = lifetimesOf(kept, [argument]);
      const { slots } = assignSlots(lifetimes);
      const ids = new Map<Storage, string>();
      const own = (one: Storage) => {
        if (!ids.has(one)) ids.set(one, `own ${ids.size}`);
        return [ids.get(one) as string];
      };
      const shared = (one: Storage) => {
        const at = slots[storages.indexOf(one)];
        if (!at) return own(one);
        const blocks = Math.ceil(one.bytes / 256);
        return Array.from({ length: blocks }, (_, block) => `${at.heap}: ${at.offset / 256 + block}`);
      };
      expect(run(kept, argument, result, shared)).toBe(run(commands, argument, result, own));
      for (const command of kept) {
        const { reads, writes } = accessesOf(command);
        const heaps = (list: readonly Storage[]) => list.map((one) => slots[storages.indexOf(one)]?.heap);
        for (const heap of heaps(writes)) if (heap !== undefined) expect(heaps(reads)).not.toContain(heap);
      }
    }),
    { numRuns: runs(300) },
  );
});

it('commands that nobody reads are left out, and those before them that only they read', () => {
  const [x, a, b, c, result] = [100, 100, 100, 100, 100].map(storageOf) as [
    Storage,
    Storage,
    Storage,
    Storage,
    Storage,
  ];
  result.exposed = true;
  const commands = [
    dispatch('a', [x], a),
    dispatch('b', [a], b),
    dispatch('c', [b], c),
    dispatch('result', [a], result),
  ];
  const kept = withoutDead(commands);
  expect(kept).toEqual([commands[0], commands[3]]);
});
