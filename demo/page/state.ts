/** What the page knows, in one place. Parts read it, change it through `change`, and are called afterwards. */
import type {
  Adapter,
  LabelFacts,
  MapPoints,
  ModelFacts,
  Reading,
  RunState,
  Signals,
  WindowList,
} from '../messages.ts';

export interface State {
  readonly adapter: Adapter | null;
  readonly signals: Signals | null;
  /** How the signals at hand were read. */
  readonly reading: Reading;
  readonly labels: LabelFacts | null;
  readonly run: RunState;
  /** What the run learns from. */
  readonly data: string | null;
  readonly model: ModelFacts | null;
  readonly windows: WindowList | null;
  readonly map: MapPoints | null;
  /** Windows that were taken as the ends of a line, and the one that is looked at; -1 for none. */
  readonly a: number;
  readonly b: number;
  readonly point: number;
}

export let state: State = {
  adapter: null,
  signals: null,
  reading: { rate: null, modality: null },
  labels: null,
  run: 'none',
  data: null,
  model: null,
  windows: null,
  map: null,
  a: -1,
  b: -1,
  point: -1,
};

type Watcher = (now: State, before: State) => void;

const watchers: Watcher[] = [];

export function watch(watcher: Watcher): void {
  watchers.push(watcher);
}

export function change(part: Partial<State>): void {
  const before = state;
  state = { ...state, ...part };
  for (const watcher of watchers) watcher(state, before);
}
