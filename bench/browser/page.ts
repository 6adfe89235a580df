import { requestAdapter } from '#platform';
import type { Results, Row } from '../contract.ts';
import type { Extent } from '../suite/cases/index.ts';
import type { Progress } from '../suite/suite.ts';
import { COLUMNS, rooflineLines, showLeft, stepCell } from '../suite/table.ts';
import { targetLines } from '../suite/targets.ts';
import { measureInPage } from './measure.ts';

/** Of what is served, as the server wrote it into the page; a page served by others does not know. */
function commitOfPage(): string {
  const told = document.querySelector<HTMLMetaElement>('meta[name=commit]')?.content ?? '';
  return told === '' || told.startsWith('%') ? 'unknown' : told;
}

function part<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element "${id}".`);
  return found as T;
}

function show(id: string, on: boolean): void {
  part(id).hidden = !on;
}

function element(tag: string, text = ''): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

/** In words for people, in place of a table. */
function tellProblem(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  part('problem').textContent = `${message.charAt(0).toUpperCase()}${message.slice(1)}.`.replace(
    /\.\.$/,
    '.',
  );
  show('problem', true);
}

/** Says which adapter there is and offers to start; or why there is none. */
async function greet(): Promise<void> {
  try {
    const { description, why } = await requestAdapter();
    part('adapter').textContent = `${description}. ${why}`;
    show('start', true);
  } catch (error) {
    show('adapter', false);
    tellProblem(error);
  }
}

/** A body of rows for each family, made when its first row comes. */
class Tables {
  readonly #bodies = new Map<string, HTMLElement>();

  clear(): void {
    this.#bodies.clear();
    part('tables').replaceChildren();
  }

  add(row: Row): void {
    const line = element('tr');
    for (const [index, { title, cell }] of COLUMNS.entries()) {
      const box = element('td', cell(row));
      box.dataset.title = title;
      const note = index === 0 ? (row.group === 'kernel' ? row.shape : stepCell(row)) : '';
      if (note) box.append(element('small', note));
      line.append(box);
    }
    this.#body(row.family).append(line);
  }

  #body(family: string): HTMLElement {
    const known = this.#bodies.get(family);
    if (known) return known;
    const [head, names, body] = [element('thead'), element('tr'), element('tbody')];
    for (const { title } of COLUMNS) names.append(element('th', title));
    head.append(names);
    const [frame, table] = [element('div'), element('table')];
    frame.className = 'table';
    table.append(head, body);
    frame.append(table);
    part('tables').append(element('h2', family), frame);
    this.#bodies.set(family, body);
    return body;
  }
}

const tables = new Tables();
let stopping = false;

function showProgress({ done, total, secondsLeft }: Progress, what: string): void {
  const bar = part<HTMLProgressElement>('progress');
  bar.max = total;
  bar.value = done;
  const left = showLeft(secondsLeft);
  part('now').textContent =
    `${done} of ${total}${left ? `, about ${left} left` : ''}${what ? `: ${what}` : ''}`;
}

async function run(extent: Extent, filter: string): Promise<void> {
  stopping = false;
  tables.clear();
  for (const id of ['problem', 'roofline', 'targets', 'download']) show(id, false);
  for (const id of ['run', 'stop', 'legend']) show(id, true);
  part('now').textContent = 'Measuring what the adapter can do…';
  const options = { extent, commit: commitOfPage(), ...(filter ? { filter } : {}) };
  const results = await measureInPage(options, {
    stopped: () => stopping,
    roofline: (roofline) => {
      part('roofline').textContent = rooflineLines(roofline).join('\n');
      show('roofline', true);
    },
    starting: ({ id }, progress) => showProgress(progress, id),
    row: (row, progress) => {
      tables.add(row);
      showProgress(progress, '');
    },
    failure: ({ message }) => tellProblem(message),
  });
  part('targets').replaceChildren(...targetLines(results.rows).map((line) => element('li', line)));
  show('targets', results.rows.length > 0);
  offerDownload(results);
}

function offerDownload(results: Results): void {
  part('download').onclick = () => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(
      new Blob([JSON.stringify(results, null, 1)], { type: 'application/json' }),
    );
    link.download = `spotr-bench-${results.date.slice(0, 10)}.json`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  show('download', true);
}

part<HTMLFormElement>('start').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  const chosen = new FormData(form);
  const submit = form.querySelector<HTMLButtonElement>('button[type=submit]');
  if (submit) submit.disabled = true;
  try {
    await run(chosen.get('extent') === 'full' ? 'full' : 'quick', String(chosen.get('filter') ?? '').trim());
  } catch (error) {
    tellProblem(error);
  } finally {
    if (submit) submit.disabled = false;
    show('stop', false);
    show('run', false);
  }
});
part('stop').addEventListener('click', () => {
  stopping = true;
});

await greet();
