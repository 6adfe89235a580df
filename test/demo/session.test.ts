import { afterEach, describe, expect, it } from 'vitest';
import { Superseded } from '../../demo/latest.ts';
import type { Cutting, Event, Signals } from '../../demo/messages.ts';
import { Session } from '../../demo/worker/session.ts';
import { edfFile } from './steps.ts';

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
