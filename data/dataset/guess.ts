/** What a recording is and whose, where only the path of its file shows it. */
import { kindsOf } from '../channels/kinds-of.ts';
import type { Modality, Recording } from '../recording.ts';

export interface Guess<T> {
  readonly value: T;
  /** Completes "because". */
  readonly because: string;
}

const FOLDERS: readonly (readonly [words: RegExp, modality: Modality])[] = [
  [/^(ieeg|seeg|ecog)$/i, 'ieeg'],
  [/^(eeg|psg|sleep)$/i, 'eeg'],
  [/^(ecg|ekg)$/i, 'ecg'],
  [/^(ppg|bvp|pleth)$/i, 'ppg'],
];

/**
 * From the labels of the channels, else from a word in the file's name, else from a folder that is called after one; the
 * nearest to the file counts. `declared` is what a person said of all files. Undefined where nothing shows.
 */
export function guessModality(
  { channels, modality }: Recording,
  path: string,
  declared?: Modality,
): Guess<Modality> | undefined {
  if (modality !== undefined) {
    const { kinds } = kindsOf(channels, modality);
    const spoken = channels.flatMap(({ label }, i) => (kinds[i] === modality ? [label] : []));
    const source = modality === declared ? '--modality says so' : 'the file says so';
    const because = spoken.length > 0 ? `channels are called ${spoken.slice(0, 3).join(', ')}` : source;
    return { value: modality, because };
  }
  const [name = '', ...folders] = path.split('/').reverse();
  const words = name.split(/[^a-z]+/i);
  for (const [pattern, value] of FOLDERS) {
    const word = words.find((each) => pattern.test(each));
    if (word !== undefined) return { value, because: `the file is called "${name}"` };
  }
  for (const folder of folders) {
    const found = FOLDERS.find(([pattern]) => folder.split(/[^a-z]+/i).some((word) => pattern.test(word)));
    if (found) return { value: found[1], because: `its folder is called "${folder}"` };
  }
  return undefined;
}

/** "sub-01", "subject_7", "subj12", "patient-3" in a path. */
const SUBJECT = /(?:^|[/_.-])((?:sub|subj|subject|patient|pat)[-_]?\d+)(?=$|[/_.-])/i;

/** From the file, else from the path. A folder and a file that say different numbers keep both names. */
export function guessSubject({ subject }: Recording, path: string): Guess<string> | undefined {
  if (subject !== undefined) return { value: subject, because: 'the file names one' };
  const found = SUBJECT.exec(path)?.[1];
  return found === undefined
    ? undefined
    : { value: found.toLowerCase(), because: `its path holds "${found}"` };
}
