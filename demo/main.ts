/** The page. All work is done in its worker; this only shows it. */
import './page/language.ts';
import { part, say, show } from './page/dom.ts';
import { offerKept, setUpFiles } from './page/files.ts';
import { setUpLabels } from './page/labels.ts';
import { setUpLeaving } from './page/leave.ts';
import { setUpMap } from './page/map.ts';
import { setUpSignals } from './page/signals.ts';
import { change } from './page/state.ts';
import { setUpTraces } from './page/traces.ts';
import { setUpTraining } from './page/training.ts';
import { ask } from './page/worker.ts';

/** Says which adapter there is, or what to do where there is none. */
async function greet(): Promise<void> {
  try {
    const adapter = await ask('open');
    part('adapter').textContent = `Computes on: ${adapter.description}. ${adapter.why}`;
    change({ adapter });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    show('adapter', false);
    say('help-why', `${message.charAt(0).toUpperCase()}${message.slice(1).replace(/\.$/, '')}.`);
    show('help', true);
  }
}

setUpSignals();
setUpTraces();
setUpTraining();
setUpMap();
setUpLabels();
setUpFiles();
setUpLeaving();
await Promise.all([greet(), offerKept()]);
document.body.dataset.ready = 'true';
