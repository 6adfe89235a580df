/** What columns of known devices are, where their names say it in the device's own way. */
import { modalityOf } from '../../channels.ts';
import type { ChannelInfo } from '../../recording.ts';

const BAND_POWER = /^(delta|theta|alpha|beta|gamma)_(tp9|tp10|af7|af8|aux)\w*$/i;

/** Mind Monitor (of the Muse): RAW_TP9 and the like are the signals, Delta_TP9 and the like are powers of bands. */
export function mindMonitor(label: string): Pick<ChannelInfo, 'kind' | 'bad'> {
  const raw = /^raw_(\w+)$/i.exec(label)?.[1];
  const kind = raw === undefined ? undefined : modalityOf(raw);
  if (kind !== undefined) return { kind };
  if (BAND_POWER.test(label)) return { bad: 'is the power of a band, as Mind Monitor writes it' };
  return /^hsi_|^headbandon$/i.test(label) ? { bad: 'says how well the headband fits' } : {};
}
