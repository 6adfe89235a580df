/** Unsupported formats: how they are recognised, and the line that converts a file of one into a file that is read. */
import { withoutEnding } from '../../base/without-ending.ts';
import { FormatError } from '../errors.ts';
import { shellQuote } from '../shell-quote.ts';
import { endingOf, type FileEntry } from './format.ts';

interface Unsupported {
  /** With its article, for sentences. */
  name: string;
  endings: readonly string[];
  /** Do the first bytes (as Latin-1) show it? */
  isStart?(start: string): boolean;
  fix(file: string): string;
}

const START_BYTES = 512;

/** MNE-Python 1.x reads the file and writes EDF. */
function mne(reader: string, packages = 'mne edfio'): Unsupported['fix'] {
  return (file) => python(file, `mne.io.${reader}(sys.argv[1], preload=True)`, 'mne', packages);
}

/** The names go to the program as words of their own, so that only the shell has to know where they end. */
function python(file: string, raw: string, imports: string, packages: string): string {
  const out = `${withoutEnding(file)}.edf`;
  const program = `import sys, ${imports}; mne.export.export_raw(sys.argv[2], ${raw})`;
  return `Convert it with MNE-Python (pip install ${packages}): \`python3 -c '${program}' ${shellQuote(file)} ${shellQuote(out)}\``;
}

const UNSUPPORTED: readonly Unsupported[] = [
  {
    name: 'a GDF file',
    endings: ['gdf'],
    isStart: (start) => start.startsWith('GDF '),
    fix: mne('read_raw_gdf'),
  },
  {
    name: 'a FIF file',
    endings: ['fif'],
    // A tag of kind 100 (file identity), type 31, 20 bytes.
    isStart: (start) => start.startsWith('\0\0\0\x64\0\0\0\x1f\0\0\0\x14'),
    fix: mne('read_raw_fif'),
  },
  {
    name: 'an EEGLAB file',
    endings: ['set'],
    fix: mne('read_raw_eeglab', 'mne edfio pymatreader'),
  },
  {
    name: 'the samples of an EEGLAB file',
    endings: ['fdt'],
    fix: (file) =>
      mne(
        'read_raw_eeglab',
        'mne edfio pymatreader',
      )(file.replace(/\.fdt$/i, '.set')).replace('Convert it', 'Convert its .set file'),
  },
  {
    name: 'an ANT Neuro file',
    endings: [],
    isStart: (start) => /^(RIFF|RF64)/.test(start) && /^CNT\s/.test(start.slice(8)),
    fix: mne('read_raw_ant', 'mne edfio antio'),
  },
  {
    name: 'a Neuroscan file',
    endings: ['cnt'],
    isStart: (start) => /^Version 3\.\d/.test(start),
    fix: mne('read_raw_cnt'),
  },
  {
    name: 'an XDF file',
    endings: ['xdf', 'xdfz'],
    isStart: (start) => start.startsWith('XDF:'),
    fix: (file) =>
      python(
        file,
        `(lambda s: mne.io.RawArray(s["time_series"].T * 1e-6, mne.create_info(int(s["info"]["channel_count"][0]), float(s["info"]["nominal_srate"][0]), "eeg")))(pyxdf.load_xdf(sys.argv[1])[0][0])`,
        'mne, pyxdf',
        'mne edfio pyxdf',
      ).replace(/$/, ' (its first stream, in uV)'),
  },
  {
    name: 'a part of a MEF recording',
    endings: ['mef', 'tmet', 'tdat', 'tidx', 'rdat', 'ridx'],
    fix: (file) =>
      python(
        // A session is a folder.
        /^.*\.mefd(?=\/)/i.exec(file)?.[0] ?? 'SESSION.mefd',
        'mne.io.read_raw_mef(sys.argv[1], preload=True)',
        'mne',
        '"mne>=1.12" edfio pymef',
      ),
  },
  {
    name: 'an NWB file',
    endings: ['nwb'],
    fix: (file) =>
      python(
        file,
        `(lambda s: mne.io.RawArray(s.data[:].T * s.conversion, mne.create_info(s.data.shape[1], s.rate, "eeg")))(next(iter(pynwb.NWBHDF5IO(sys.argv[1], "r").read().acquisition.values())))`,
        'mne, pynwb',
        'mne edfio pynwb',
      ).replace(/$/, ' (its first series)'),
  },
  { name: 'an EGI file', endings: ['mff', 'raw'], fix: mne('read_raw_egi') },
  { name: 'a Persyst file', endings: ['lay'], fix: mne('read_raw_persyst') },
  { name: 'a Curry file', endings: ['cdt', 'cef'], fix: mne('read_raw_curry', 'mne edfio curryreader') },
  { name: 'a Nihon Kohden file', endings: ['21e', 'pnt'], fix: mne('read_raw_nihon') },
  {
    name: 'compressed (gzip)',
    endings: ['gz', 'tgz'],
    isStart: (start) => start.startsWith('\x1f\x8b'),
    fix: (file) => `Unpack it first: \`gunzip -k ${shellQuote(file)}\``,
  },
  {
    name: 'a ZIP archive',
    endings: ['zip'],
    isStart: (start) => start.startsWith('PK\x03\x04'),
    fix: (file) => `Unpack it first: \`unzip ${shellQuote(file)}\``,
  },
  {
    name: 'compressed',
    endings: ['7z', 'rar', 'bz2', 'xz', 'zst', 'tar'],
    isStart: (start) => /^(BZh\d1AY|\xfd7zXZ|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd)/.test(start),
    fix: () => 'Unpack it first.',
  },
  {
    name: 'an Excel file',
    endings: ['xls', 'xlsx', 'ods'],
    isStart: (start) => start.startsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
    fix: () => 'Save it as CSV.',
  },
];

/** How the files that are read begin, and the endings they should have. */
const KNOWN: readonly { name: string; endings: readonly string[]; isStart(start: string): boolean }[] = [
  {
    name: 'EDF',
    endings: ['edf', 'rec'],
    isStart: (start) => start.startsWith('0       ') && /^[-\d .]+$/.test(start.slice(236, 256)),
  },
  { name: 'BDF', endings: ['bdf'], isStart: (start) => start.startsWith('\xffBIOSEMI') },
  {
    name: 'BrainVision',
    endings: ['vhdr'],
    isStart: (start) => /^Brain ?Vision Data Exchange Header/i.test(start),
  },
  { name: 'NPY', endings: ['npy'], isStart: (start) => start.startsWith('\x93NUMPY') },
  { name: 'MAT', endings: ['mat'], isStart: (start) => /^MATLAB (5\.0|7\.3) MAT-file/.test(start) },
  {
    name: 'HDF5',
    endings: ['h5', 'hdf5', 'hdf', 'mat'],
    isStart: (start) => start.startsWith('\x89HDF\r\n\x1a\n'),
  },
];

/** What a file of no supported format is, by its first bytes or its ending; undefined where neither shows it. */
export async function unsupportedError(entry: FileEntry): Promise<FormatError | undefined> {
  const start = await startOf(entry);
  const byEnding = UNSUPPORTED.find(({ endings }) => endings.includes(endingOf(entry.path)));
  const byStart = UNSUPPORTED.find(({ isStart }) => isStart?.(start));
  // Where a format has no mark of its own, as that of .set and .xlsx, the mark is that of what it is packed in.
  const named = byEnding && !byEnding.isStart ? byEnding : (byStart ?? byEnding);
  return named ? rejection(entry.path, named) : misnamed(entry.path, start);
}

/** Says of a file that its reader could not read whether it is of another format by its first bytes. */
export async function mistakenError(entry: FileEntry): Promise<FormatError | undefined> {
  const start = await startOf(entry);
  const ending = endingOf(entry.path);
  // What these are packed in is theirs.
  const isPacked = ending === 'npz' || /\.tsv\.gz$/i.test(entry.path);
  const unsupported = isPacked ? undefined : UNSUPPORTED.find(({ isStart }) => isStart?.(start));
  return unsupported ? rejection(entry.path, unsupported) : misnamed(entry.path, start);
}

function rejection(path: string, { name, fix }: Unsupported): FormatError {
  return new FormatError(path, `is ${name}, which is not read.`, fix(path), { field: 'format', found: name });
}

function misnamed(path: string, start: string): FormatError | undefined {
  const known = KNOWN.find(({ isStart }) => isStart(start));
  const [ending] = known?.endings ?? [];
  if (!known || !ending || known.endings.includes(endingOf(path))) return undefined;
  return new FormatError(
    path,
    `is ${known.name} by its first bytes.`,
    `Rename it so that it ends in .${ending}.`,
    {
      byte: 0,
      field: 'format',
      found: known.name,
    },
  );
}

async function startOf(entry: FileEntry): Promise<string> {
  const source = await entry.open();
  const bytes = await source.read(0, START_BYTES);
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}
