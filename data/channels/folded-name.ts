/** Names of one channel in several spellings. */
import { bareName } from './sites.ts';

/** Sites of the 10-20 system that the 10-10 system calls otherwise. */
const TEN_TEN: Readonly<Record<string, string>> = { t3: 't7', t4: 't8', t5: 'p7', t6: 'p8' };

/** An ear or mastoid behind a site, which says what it is measured against, not where it lies. */
const EAR = /[\s_:/-]+[am][12]$/;

/**
 * The same for all spellings of one channel's name: of "EEG Fp1-Ref", "FP1" and "Fp1..", of "C3-A2" and "C3", of "ECG II" and
 * "II", and of T3 and T7 where `isScalp`. Two electrodes against each other ("Fp1-F7") stay two.
 */
export function foldedName(label: string, isScalp: boolean): string {
  const name = bareName(label.trim().replace(/\.+$/, ''))
    .replace(/^(ecg|ekg|lead)[\s._:-]+(?=\S)/i, '')
    .toLowerCase()
    .replace(EAR, '')
    .replace(/\s+/g, ' ');
  return (isScalp && TEN_TEN[name]) || name;
}
