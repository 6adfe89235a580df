import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SyntheticDataset } from '../../data/index.ts';
import type { Dropped } from '../../demo/messages.ts';
import { readRunFile } from '../../demo/worker/checkpoint.ts';
import { Keeper, type KeeperTells } from '../../demo/worker/keeper.ts';
import { Labels } from '../../demo/worker/labels.ts';
import type { Run } from '../../demo/worker/run.ts';
import * as storage from '../../demo/worker/storage.ts';
import type { Workspace } from '../../demo/worker/workspace.ts';
import { SIZES } from '../../model/index.ts';
import { MemoryStorage } from './opfs.ts';

const NO_READING = { rate: null, modality: null };
const tensors = new Map([['w', { shape: [2], data: Float32Array.of(1, 2) }]]);

function runAt(step: number): Run {
  const settings = {
    ...{ size: 'tiny', conditioning: 'cls', learningRate: 1e-3, steps: 9, batchSize: 2, seed: 1 },
  };
  const state = { encoder: tensors, decoder: tensors, optimizer: tensors };
  const model = { settings, size: 'tiny', config: SIZES.tiny, trainer: { step, state: async () => state } };
  const source = new SyntheticDataset({ seed: 1, batchSize: 2, seconds: 1 });
  return { model, source, seconds: 5, told: [] } as unknown as Run;
}

const workOn = (name: string) =>
  ({
    note: (run: storage.SessionNote['run']) => ({
      ...{ kind: 'files', names: [name], reading: NO_READING, cutting: null, run },
    }),
  }) as unknown as Workspace;
const filesOf = (name: string): Dropped[] => [{ path: name, file: new File(['x'], name) }];
const always = () => true;

let kept: MemoryStorage;
beforeEach(() => {
  kept = new MemoryStorage();
  vi.stubGlobal('navigator', { storage: kept });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function keeping() {
  const told: KeeperTells[] = [];
  return { keeper: new Keeper((event) => told.push(event)), told };
}

describe('what is kept in the browser', () => {
  it('is the run of the signals at hand, and what it says of itself is so', async () => {
    const { keeper } = keeping();
    await keeper.signals(workOn('a.edf'), filesOf('a.edf'), always);
    expect(await keeper.run(runAt(4), workOn('a.edf'), always)).toBe(true);
    await keeper.labels(new Labels());
    expect(await storage.keptFacts()).toMatchObject({
      signals: { names: ['a.edf'] },
      checkpoint: { step: 4, steps: 9, seconds: 5 },
      labelled: 0,
    });
    expect(await keeper.keptRun()).toBeInstanceOf(Uint8Array);
    await keeper.forgetRun();
    expect(await storage.keptFacts()).toMatchObject({ signals: { names: ['a.edf'] }, checkpoint: null });
    expect(await keeper.keptRun()).toBeUndefined();
    // Nor is one taken up that comes from elsewhere.
    await storage.keepRun(Uint8Array.of(1));
    expect(await keeper.keptRun()).toBeUndefined();
  });

  it('is not half of the files under a note that says that they are all', async () => {
    const { keeper } = keeping();
    const files = [...filesOf('a.edf'), ...filesOf('b.edf')];
    let isWanted = true;
    kept.beforeWrite = async (name) => {
      // Others are chosen while the first is written.
      if (name === 'a.edf') isWanted = false;
    };
    expect(await keeper.signals(workOn('a.edf'), files, () => isWanted)).toBe(false);
    expect(await storage.keptNote()).toBeUndefined();
    expect((await storage.keptFacts()).signals).toBeNull();
  });

  it('is written one after the other, however long an earlier one takes', async () => {
    const { keeper } = keeping();
    const waits = [30, 0];
    kept.beforeWrite = () => new Promise((resolve) => setTimeout(resolve, waits.shift() ?? 0));
    const place = { key: 'a', name: 'a.edf', rate: 100, seconds: 12, given: [] };
    const labels = new Labels();
    const all = ['first', 'second'].map((label) => {
      labels.label([{ place, start: 0, seconds: 1 }], label);
      return keeper.labels(new Labels(labels.all));
    });
    await Promise.all(all);
    expect(await kept.text('spotr', 'labels.json')).toContain('second');
    expect(await kept.text('spotr', 'labels.json')).not.toContain('first');
  });

  it('a run that is being written while other signals come leaves nothing of itself beside those', async () => {
    const { keeper } = keeping();
    await keeper.signals(workOn('a.edf'), filesOf('a.edf'), always);
    let isWanted = true;
    let other: Promise<boolean> | undefined;
    kept.beforeWrite = (name) => {
      if (name !== 'run.safetensors') return;
      isWanted = false;
      other = keeper.signals(workOn('b.edf'), filesOf('b.edf'), always);
    };
    expect(await keeper.run(runAt(4), workOn('a.edf'), () => isWanted)).toBe(false);
    expect(await other).toBe(true);
    expect(await storage.keptFacts()).toMatchObject({
      signals: { names: ['b.edf'] },
      checkpoint: null,
    });
    expect(JSON.parse((await kept.text('spotr', 'session.json')) ?? '')).toMatchObject({ run: null });
    expect(await keeper.keptRun()).toBeUndefined();
  });

  it('is read again where it is replaced while it is read', async () => {
    const { keeper } = keeping();
    await keeper.signals(workOn('a.edf'), filesOf('a.edf'), always);
    await keeper.run(runAt(4), workOn('a.edf'), always);
    kept.beforeRead = async (name) => {
      if (name !== 'session.json') return;
      kept.beforeRead = undefined;
      await storage.keepNote(workOn('a.edf').note({ step: 5, steps: 9, seconds: 6 }));
    };
    expect((await storage.keptFacts()).checkpoint).toMatchObject({ step: 5 });
    // What can never be read is not taken for nothing.
    kept.beforeRead = () => {
      throw new DOMException('The disk is gone.', 'NotReadableError');
    };
    await expect(storage.keptFacts()).rejects.toThrow('The disk is gone.');
  });

  it('counts what lies there of a copy that was cut off, and labels that are damaged', async () => {
    const { keeper } = keeping();
    let keptFiles = true;
    kept.beforeWrite = (name) => {
      if (name === 'session.json') keptFiles = false;
    };
    await keeper.signals(workOn('a.edf'), filesOf('a.edf'), () => keptFiles);
    await kept.remove('spotr', 'session.json');
    expect(await storage.keptFacts()).toMatchObject({ signals: null, bytes: 1, labelled: 0 });
    vi.spyOn(JSON, 'parse').mockImplementationOnce(() => {
      throw new SyntaxError('damaged');
    });
    await storage.keepLabels([]);
    expect((await storage.keptFacts()).labelled).toBeNull();
    vi.restoreAllMocks();
  });

  it('is gone after wiping, while a run is written too, and nothing more comes', async () => {
    const { keeper, told } = keeping();
    await keeper.signals(workOn('a.edf'), filesOf('a.edf'), always);
    const run = keeper.run(runAt(4), workOn('a.edf'), always);
    await keeper.wipe();
    expect(await run).toBe(false);
    expect(await keeper.run(runAt(5), workOn('a.edf'), always)).toBe(false);
    await keeper.labels(new Labels());
    expect(await storage.keptFacts()).toMatchObject({ signals: null, checkpoint: null, bytes: 0 });
    expect(await kept.text('spotr', 'labels.json')).toBeUndefined();
    expect(told.at(-1)).toEqual({ kind: 'keeping', keeps: false });
  });

  it('is gone after wiping in the middle of a write, of whatever is written', async () => {
    for (const name of ['run.safetensors', 'session.json', 'labels.json', 'a.edf']) {
      const { keeper } = keeping();
      let wiped: Promise<void> | undefined;
      kept.beforeWrite = async (file) => {
        if (file !== name) return;
        kept.beforeWrite = undefined;
        wiped = keeper.wipe();
        // Wiping has all the time that it might take.
        await new Promise((resolve) => setTimeout(resolve, 20));
      };
      const all = [
        keeper.signals(workOn('a.edf'), filesOf('a.edf'), always),
        keeper.run(runAt(4), workOn('a.edf'), always),
        keeper.labels(new Labels()),
      ];
      await Promise.all(all);
      expect(wiped, name).toBeDefined();
      await wiped;
      expect(await storage.keptFacts(), name).toMatchObject({ signals: null, checkpoint: null, bytes: 0 });
      for (const file of ['run.safetensors', 'session.json', 'labels.json'])
        expect(await kept.text('spotr', file), name).toBeUndefined();
    }
  });

  it('is of one step, however the run goes on while something else is written', async () => {
    const { keeper } = keeping();
    await keeper.signals(workOn('a.edf'), filesOf('a.edf'), always);
    const run = runAt(4);
    const { trainer } = run.model as unknown as { trainer: { step: number } };
    kept.beforeWrite = (name) => {
      if (name === 'labels.json') trainer.step = 6;
    };
    await Promise.all([keeper.labels(new Labels()), keeper.run(run, workOn('a.edf'), always)]);
    const { loaded } = readRunFile((await keeper.keptRun()) as Uint8Array);
    expect(loaded.step).toBe(6);
    expect((await storage.keptFacts()).checkpoint?.step).toBe(6);
  });

  describe('in two tabs', () => {
    /** As a browser's: one holder at a time, the others in turn, or gone when their patience ends. */
    class Locks {
      #held: Promise<unknown> = Promise.resolve();

      async request<T>(_: string, { signal }: { signal: AbortSignal }, work: () => Promise<T>): Promise<T> {
        const before = this.#held;
        let isOver = () => {};
        this.#held = new Promise<void>((resolve) => {
          isOver = resolve;
        });
        try {
          const gone = new Promise((_, reject) => {
            if (signal.aborted) reject(signal.reason);
            signal.addEventListener('abort', () => reject(signal.reason));
          });
          await Promise.race([before, gone]);
        } catch (error) {
          void before.then(isOver);
          throw error;
        }
        return work().finally(isOver);
      }
    }

    it('wiping in one waits for what the other writes, and the other writes nothing more', async () => {
      vi.stubGlobal('navigator', { storage: kept, locks: new Locks() });
      // The second tab does not wait for the first to be closed, and then for as long as it takes.
      const patience = vi.spyOn(AbortSignal, 'timeout');
      const forEver = () => new AbortController().signal;
      patience.mockImplementation(forEver);
      const [first, second] = [keeping(), keeping()];
      await first.keeper.signals(workOn('a.edf'), filesOf('a.edf'), always);
      let wiped: Promise<void> | undefined;
      kept.beforeWrite = async (name) => {
        if (name !== 'run.safetensors' || wiped) return;
        patience.mockImplementationOnce(() => AbortSignal.abort());
        wiped = second.keeper.wipe();
        await new Promise((resolve) => setTimeout(resolve, 50));
      };
      await first.keeper.run(runAt(4), workOn('a.edf'), always);
      await wiped;
      expect(await storage.keptFacts()).toMatchObject({ signals: null, checkpoint: null, bytes: 0 });
      expect(first.told.findLast(({ kind }) => kind === 'keeping')).toEqual({
        kind: 'keeping',
        keeps: false,
      });
      expect(first.told.filter(({ kind }) => kind === 'note')).toHaveLength(1);
      await first.keeper.labels(new Labels());
      await second.keeper.labels(new Labels());
      expect(await kept.text('spotr', 'labels.json')).toBeUndefined();
      vi.restoreAllMocks();
    });
  });

  it('works without any storage, and says so once', async () => {
    vi.stubGlobal('navigator', {});
    const { keeper, told } = keeping();
    expect(await keeper.keptLabels()).toEqual([]);
    expect(await keeper.signals(workOn('a.edf'), filesOf('a.edf'), always)).toBe(false);
    expect(await keeper.run(runAt(4), workOn('a.edf'), always)).toBe(false);
    expect(told.filter(({ kind }) => kind === 'note')).toHaveLength(1);
  });
});
