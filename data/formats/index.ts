import { physio } from '../bids/physio.ts';
import { SignalError } from '../errors.ts';
import { npy } from './array/npy.ts';
import { npz } from './array/npz.ts';
import { brainVision } from './brainvision/brainvision.ts';
import { edf } from './edf/edf.ts';
import { endingOf, type Format } from './format.ts';
import { hdf5 } from './hdf5/hdf5.ts';
import { mat } from './mat/mat.ts';
import { arff } from './text/arff.ts';
import { text } from './text/csv.ts';
import { wfdb } from './wfdb/wfdb.ts';

/** Every format that is read. */
const FORMATS: readonly Format[] = [edf, brainVision, wfdb, text, arff, npy, npz, mat, hdf5, physio];

const BY_ENDING = new Map(FORMATS.flatMap((format) => format.endings.map((ending) => [ending, format])));

/** The format of a file by its ending, or undefined. */
export function formatOf(path: string): Format | undefined {
  const inner = endingOf(path.slice(0, path.lastIndexOf('.')));
  return BY_ENDING.get(`${inner}.${endingOf(path)}`) ?? BY_ENDING.get(endingOf(path));
}

/** Why a file is not read, with what would help. */
export function unreadable(path: string): SignalError {
  const known = [...BY_ENDING.keys()].map((ending) => `.${ending}`).join(' ');
  return new SignalError(
    `${path}: ".${endingOf(path)}" is not a format that is read; known are ${known}. For a WFDB record give its .hea file, for a BrainVision recording its .vhdr.`,
  );
}
