/** What a file of signals looks like to the rest of the program, whatever its format. */

/** The kinds of signal that SPOTR was made for. `ieeg` is intracranial EEG. */
export type Modality = 'eeg' | 'ieeg' | 'ecg' | 'ppg';
