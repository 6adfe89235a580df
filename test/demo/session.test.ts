import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Superseded } from '../../demo/latest.ts';
import type { Cutting, Event, TrainSettings } from '../../demo/messages.ts';
import { Run } from '../../demo/worker/run.ts';
import { Session } from '../../demo/worker/session.ts';
import { edfFile } from './steps.ts';

// Without a graphics card and beside other work, compiling alone may take minutes.
vi.setConfig({ testTimeout: 1_200_000 });

const NO_READING = { rate: null, modality: null };

/** A file whose bytes come when `gate` opens. */
class SlowFile extends File {
  readonly #gate: Promise<void>;

  constructor(parts: BlobPart[], name: string, gate: Promise<void>) {
    super(parts, name);
    this.#gate = gate;
  }

  override slice(...range: Parameters<File['slice']>): Blob {
    const part = super.slice(...range);
    const gate = this.#gate;
    const arrayBuffer = part.arrayBuffer.bind(part);
    part.arrayBuffer = async () => {
      await gate;
      return arrayBuffer();
    };
    return part;
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    await this.#gate;
    return super.arrayBuffer();
  }

  override async text(): Promise<string> {
    await this.#gate;
    return super.text();
  }
}

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}

const dropped = (file: File) => ({ path: file.name, file });
const edf = (name: string) => dropped(new File([new Uint8Array(edfFile())], name));

function started() {
  const events: Event[] = [];
  const session = new Session((event) => events.push(event));
  const last = <K extends Event['kind']>(kind: K) =>
    events.filter((event): event is Extract<Event, { kind: K }> => event.kind === kind).at(-1);
  return { session, events, last };
}

describe('what was chosen last wins', () => {
  it('of files, though the first are read last', async () => {
    const { session, last } = started();
    const { open, opened } = gate();
    const slow = new SlowFile([new Uint8Array(edfFile())], 'first.edf', opened);
    const first = session.useFiles([dropped(slow)], NO_READING);
    const second = session.useFiles([edf('second.edf')], NO_READING);
    expect((await second).name).toBe('second.edf');
    open();
    await expect(first).rejects.toThrow(Superseded);
    expect(last('signals')?.signals.name).toBe('second.edf');
    expect((await session.traces(0, 0, 1, 100)).lines).toHaveLength(2);
  });

  it('of generated signals after files', async () => {
    const { session, last } = started();
    const { open, opened } = gate();
    const first = session.useFiles(
      [dropped(new SlowFile([new Uint8Array(edfFile())], 'first.edf', opened))],
      NO_READING,
    );
    const second = session.useGenerated();
    await second;
    open();
    await expect(first).rejects.toThrow(Superseded);
    expect(last('signals')?.signals.kind).toBe('generated');
  });

  it('of tables of labels, which are read in the order in which they were chosen', async () => {
    const { session } = started();
    await session.useFiles([edf('a.edf')], NO_READING);
    const { open, opened } = gate();
    const table = (label: string) => `file,label,start,duration\na.edf,${label},0,12\n`;
    const first = session.labelFrom(new SlowFile([table('first')], 'first.csv', opened));
    const second = session.labelFrom(new File([table('second')], 'second.csv'));
    open();
    await Promise.all([first, second]);
    expect(await (await session.saveLabels()).text()).toContain(',second,');
  });
});

const CUTTING: Cutting = { mains: 'none', seconds: 1, channels: null };
const settings = (steps: number): TrainSettings => ({
  ...{ size: 'tiny', recipe: 'quick', conditioning: 'cls' },
  ...{ learningRate: 1e-3, steps, batchSize: 2, seed: 1 },
});

/** Resolves when the run is in a state. */
async function until(events: readonly Event[], done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(events.filter(({ kind }) => kind === 'failed')).toEqual([]);
}

const stepsOf = (events: readonly Event[]) =>
  events.flatMap((event) => (event.kind === 'progress' ? event.progress.told.map(({ step }) => step) : []));
const counted = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe('a session with a model', () => {
  it('trains one model once, whatever is pressed twice, out of turn and after the end', async () => {
    const { session, events, last } = started();
    await expect(session.resume()).rejects.toThrow('There is no run to resume');
    await session.pause();
    await session.stop();
    await session.useFiles([edf('a.edf')], NO_READING);
    // Begun twice: the second run is the one that there is.
    const first = session.train(CUTTING, settings(6), false);
    const second = session.train(CUTTING, settings(8), false);
    await Promise.allSettled([first, second]);
    await second;
    await Promise.all([session.pause(), session.pause()]);
    await Promise.all([session.resume(), session.resume(), session.saveWeights()]);
    await until(events, () => last('heldOut') !== undefined);
    expect(stepsOf(events)).toEqual(counted(8));
    await Promise.all([session.stop(), session.stop(), session.resume(), session.pause()]);
    expect(events.filter(({ kind }) => kind === 'heldOut')).toHaveLength(1);
    expect(last('state')).toMatchObject({ state: 'finished', data: 'a.edf' });
    // Stopped in the midst of it, and measured once.
    await session.train(CUTTING, settings(100_000), false);
    await Promise.all([session.stop(), session.stop()]);
    expect(events.filter(({ kind }) => kind === 'heldOut')).toHaveLength(2);
    await session.wipe().catch(() => {});
  });

  it('compares a finished run with its yardsticks once its losses are told, and ends that with the run', async () => {
    const { session, events, last } = started();
    await session.useFiles([edf('a.edf')], NO_READING);
    await session.train(CUTTING, settings(2), false);
    await until(events, () => last('compared') !== undefined);
    const told = last('compared') as Extract<Event, { kind: 'compared' }>;
    expect(told.outcome.table.headings).toEqual([
      '',
      'held-out loss',
      'predicting zero',
      'ratio',
      'floor',
      'PCA-32',
      'windows',
    ]);
    expect(told.outcome.yardsticks.map(({ name }) => name)).toEqual(['position-blind floor', 'PCA-32']);
    expect(told.outcome.findings.join(' ')).toMatch(/ended (above|below) the /);
    const first = last('heldOut') as Extract<Event, { kind: 'heldOut' }>;
    expect(first.outcome.table.headings).toHaveLength(5);
    expect(first.outcome.table.rows[0]?.[1]).toBe(told.outcome.table.rows[0]?.[1]);
    const said = () =>
      events.filter(
        (event) => event.kind === 'compared' || (event.kind === 'note' && /compared/.test(event.message)),
      );
    expect(said()).toHaveLength(1);

    // The signals go in the midst of the next comparison: it ends, and nothing of it is told.
    const { open, opened } = gate();
    const ends: Promise<unknown>[] = [];
    const real = Run.prototype.compare;
    const compare = vi.spyOn(Run.prototype, 'compare').mockImplementation(function (
      this: Run,
      losses,
      pause,
    ) {
      const end = opened.then(() => real.call(this, losses, pause));
      ends.push(end.catch((error: unknown) => error));
      return end;
    });
    onTestFinished(() => compare.mockRestore());
    await session.train(CUTTING, settings(2), false);
    await until(events, () => ends.length === 1);
    await session.useFiles([edf('b.edf')], NO_READING);
    open();
    expect(await ends[0]).toBeInstanceOf(Superseded);
    expect(said()).toHaveLength(1);
  });

  it('tells nothing of a run whose signals are gone, and of a map neither', async () => {
    const { session, events, last } = started();
    await session.useFiles([edf('a.edf')], NO_READING);
    await session.train(CUTTING, settings(100_000), false);
    await until(events, () => stepsOf(events).length > 0);
    const map = session.embed(CUTTING);
    const stop = session.stop();
    await session.useFiles([edf('b.edf')], NO_READING);
    const since = events.length;
    await stop;
    await expect(map).rejects.toThrow(Superseded);
    expect(last('state')).toMatchObject({ state: 'none', data: null });
    await session.pause();
    expect(events.slice(since).map(({ kind }) => kind)).not.toContain('heldOut');
    expect(events.slice(since).map(({ kind }) => kind)).not.toContain('previews');
    expect(events.slice(since).map(({ kind }) => kind)).not.toContain('progress');
    await expect(session.map('pca')).rejects.toThrow('There is no map yet');
    await expect(session.saveEmbeddings('csv')).rejects.toThrow('There is no map yet');
  });

  it('does nothing to windows of a list that is not the map any more, and says by what a probe would divide', async () => {
    const { session, last } = started();
    await session.useFiles([edf('a.edf')], NO_READING);
    await session.train(CUTTING, settings(1), false);
    await session.stop();
    const before = await session.embed(CUTTING);
    const windows = await session.embed({ ...CUTTING, seconds: 2 });
    expect(windows.id).not.toBe(before.id);
    await expect(session.label([5], 'wrong', before.id)).rejects.toThrow(Superseded);
    await expect(session.show(5, before.id)).rejects.toThrow(Superseded);
    await expect(session.between(5, 0, 0.5, before.id)).rejects.toThrow(Superseded);
    expect(await session.label([5], 'mine', windows.id)).toEqual([...Array(5).fill(null), 'mine']);
    expect((await session.show(5, windows.id)).title).toBe('a.edf, from 10.00 s');
    // Of the same windows with other tokens too.
    const again = await session.embed({ ...CUTTING, seconds: 2 });
    await expect(session.label([5], 'wrong', windows.id)).rejects.toThrow(Superseded);
    expect(again.label).toEqual(windows.label.with(5, 'mine'));

    const divided = async (row: string) => {
      await session.labelFrom(new File([`file,label,start,duration,subject,split\n${row}\n`], 't.csv'));
      return last('labels')?.labels;
    };
    const [one, two, three] = [
      await divided('a.edf,x,0,4,,'),
      await divided('a.edf,x,0,4,Ann,'),
      await divided('a.edf,x,0,4,Ann,test'),
    ];
    expect(two?.windows).toEqual(one?.windows);
    expect(three?.windows).toEqual(one?.windows);
    expect(new Set([one, two, three].map((labels) => labels?.division.join())).size).toBe(3);
    await session.undoLabels();
    expect(last('labels')?.labels.division).toEqual(two?.division);
    await session.wipe().catch(() => {});
  });

  it('labels outlive the kind, the rate, the windows, other files, other weights and a table', async () => {
    const { session, last } = started();
    const csv = new File(
      [`II\n${Array.from({ length: 1200 }, (_, i) => Math.sin(i / 7) + Math.cos(i * i)).join('\n')}\n`],
      'lead.csv',
    );
    const reading = { rate: 100, modality: null };
    await session.useFiles([dropped(csv)], reading);
    await session.train(CUTTING, settings(1), false);
    await session.stop();
    const windows = await session.embed(CUTTING);
    expect(windows.label).toEqual(Array(12).fill(null));
    await session.labelFrom(new File(['file,label,start,duration\nlead.csv,rest,0,6\n'], 't.csv'));
    await session.label([5, 6], 'mine');
    const wanted = [...Array(5).fill('rest'), 'mine', 'mine', ...Array(5).fill(null)];
    expect(last('labels')?.labels.windows).toEqual(wanted);

    await session.readAgain({ rate: 100, modality: 'ecg' });
    expect(last('labels')?.labels).toMatchObject({ recordings: 1, elsewhere: 0 });
    expect((await session.embed(CUTTING)).label).toEqual(wanted);
    expect((await session.embed({ ...CUTTING, seconds: 2 })).label).toEqual(
      [...['rest', 'rest', null, 'mine', null, null]].map((label, i) => (i === 2 ? 'rest' : label)),
    );
    await session.useGenerated();
    expect(last('labels')?.labels).toMatchObject({ recordings: 1, elsewhere: 1 });
    expect(await (await session.saveLabels()).text()).toContain('lead.csv,5,2,mine');
    await session.useFiles([edf('a.edf'), dropped(csv)], reading);
    expect((await session.embed(CUTTING)).label.filter((label) => label !== null)).toEqual(
      wanted.filter((label) => label !== null),
    );
    // The rate said otherwise: what was labelled by hand is on the same samples.
    await session.readAgain({ rate: 200, modality: null });
    await session.useFiles([dropped(csv)], { rate: 200, modality: null });
    expect((await session.embed({ ...CUTTING, seconds: 0.5 })).label.slice(4, 9)).toEqual([
      ...['rest', 'mine', 'mine', 'rest', 'rest'],
    ]);
    // A table of the same recording asks first, and can be undone.
    const other = new File(['file,label,start,duration\nlead.csv,other,0,6\n'], 'u.csv');
    expect(await session.labelFrom(other, false)).toMatchObject({
      asks: expect.stringContaining('lead.csv (t.csv)'),
    });
    expect(last('labels')?.labels.undoable).toBe('“mine” on 2 windows');
    await session.labelFrom(other, true);
    expect(last('labels')?.labels.windows).toContain('other');
    await session.undoLabels();
    expect(last('labels')?.labels.windows).not.toContain('other');
    expect(last('labels')?.labels.windows).toContain('mine');
  });
});
