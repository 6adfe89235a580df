/** What is not kept in this browser is lost with the tab: the browser asks before it is closed. */
import { part } from './dom.ts';
import { listen } from './worker.ts';

const KEEPS =
  'Recordings, labels and the run are kept in this browser’s own storage, so that a reload resumes; other people who use this browser could open them here.';
const KEEPS_NOT = 'Nothing that is done here now is kept in this browser: save what you want to have again.';

let keeps = true;
const unsaved = { labels: false, run: false };

/** A file of it was saved. */
export function isSaved(what: keyof typeof unsaved): void {
  unsaved[what] = false;
}

export function setUpLeaving(): void {
  part('keeps').textContent = KEEPS;
  let changes: string | null = null;
  listen((event) => {
    if (event.kind === 'keeping') {
      keeps = event.keeps;
      part('keeps').textContent = keeps ? KEEPS : KEEPS_NOT;
    }
    if (event.kind === 'labels') {
      if (!keeps && event.labels.undoable !== changes) unsaved.labels = event.labels.recordings > 0;
      changes = event.labels.undoable;
    }
    if (event.kind === 'progress' && !keeps && event.progress.told.length > 0) unsaved.run = true;
  });
  addEventListener('beforeunload', (event) => {
    if (unsaved.labels || unsaved.run) event.preventDefault();
  });
}
