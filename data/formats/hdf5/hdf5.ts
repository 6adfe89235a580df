/** HDF5 files, and MAT files of version 7.3, which are HDF5 with MATLAB's attributes. */
import type { Attribute, Dataset, Group, File as H5File, Metadata, Reference } from 'h5wasm';
import type { ByteSource } from '../../../base/bytes.ts';
import { planeOf } from '../array/stored.ts';
import type { Variable, VariableFile } from '../array/variable.ts';
import { recordingOf } from '../array/variables.ts';
import type { Format } from '../format.ts';
import { h5Numbers } from './h5-numbers.ts';
import { LazyH5File } from './lazy-file.ts';

export const hdf5: Format = {
  name: 'HDF5',
  endings: ['h5', 'hdf5', 'hdf'],
  open: async (entry, _, options) => recordingOf(await hdf5File(await entry.open(), 'HDF5'), options),
};

const SIGNATURE = '\u0089HDF\r\n\u001a\n';
/** The signature stands at 0, 512, 1024, 2048, ...; MATLAB's is at 512. */
const LAST_PLACE = 1 << 16;
const [INTEGER, FLOAT, STRING, REFERENCE] = [0, 1, 3, 7];
const KINDS = new Map([
  [2, 'time'],
  [4, 'bits'],
  [5, 'opaque'],
  [6, 'records'],
  [8, 'enumeration'],
  [9, 'arrays of unlike lengths'],
  [10, 'arrays'],
]);
const MOST_TEXTS = 4096;
/** Objects of a file that are looked at. */
const MOST_OBJECTS = 4096;

/** Does a source begin as HDF5 does? */
export async function isHdf5(source: ByteSource): Promise<boolean> {
  for (let at = 0; at <= LAST_PLACE && at + 8 <= source.size; at = at === 0 ? 512 : 2 * at) {
    const bytes = await source.read(at, 8);
    if (bytes.length === 8 && String.fromCharCode(...bytes) === SIGNATURE) return true;
  }
  return false;
}

/** All datasets, with their attributes and those of the groups above them. */
export async function hdf5File(source: ByteSource, format: string): Promise<VariableFile> {
  const file = new LazyH5File(source);
  const variables: Variable[] = [];
  const paths = await file.run('its list of objects', (h5) => h5.paths());
  variables.push(...(await attributesOf(file, '/', '')));
  for (const path of paths.slice(0, MOST_OBJECTS)) {
    // MATLAB keeps the contents of cells here; they are found from the cells.
    if (path.startsWith('#')) continue;
    const { metadata } = await file.run(`"${path}"`, (h5) => metadataOf(h5, path));
    if (metadata) variables.push(await datasetVariable(file, path, metadata));
    variables.push(...(await attributesOf(file, path, path)));
  }
  return { name: source.name, format, variables };
}

function metadataOf(h5: H5File, path: string): { metadata?: Metadata } {
  const entity = h5.get(path);
  return isDataset(entity) ? { metadata: entity.metadata } : {};
}

function isDataset(entity: unknown): entity is Dataset {
  return (entity as { type?: unknown } | null)?.type === 'Dataset';
}

async function datasetVariable(file: LazyH5File, path: string, metadata: Metadata): Promise<Variable> {
  const shape = metadata.shape ?? [];
  const matlab = await file.run(`the class of "${path}"`, (h5) => {
    const value = (h5.get(path) as Dataset).attrs.MATLAB_class?.value;
    return typeof value === 'string' ? value : undefined;
  });
  const base = { name: path, shape };
  if (matlab === 'char') return { ...base, kind: 'text', texts: () => matlabText(file, path) };
  if (matlab === 'cell') return { ...base, kind: 'cells', texts: () => cellTexts(file, path) };
  if (matlab === 'logical') return { ...base, kind: 'logical values' };
  // Fields of an array of structures are references without a class.
  if (metadata.type === REFERENCE && matlab === undefined)
    return { ...base, kind: 'references', texts: () => cellTexts(file, path) };
  if (metadata.type === STRING) return { ...base, kind: 'text', texts: () => stringTexts(file, path) };
  if (metadata.type !== INTEGER && metadata.type !== FLOAT)
    return { ...base, kind: KINDS.get(metadata.type) ?? 'unknown elements' };
  const kind = `${metadata.type === FLOAT ? 'float' : metadata.signed ? 'int' : 'uint'}${8 * metadata.size}`;
  if (metadata.type === FLOAT && metadata.size === 2 && file.hasBfloat16)
    return { ...base, kind: 'bfloat16' };
  const isKnown = (metadata.type === FLOAT ? [2, 4, 8] : [1, 2, 4, 8]).includes(metadata.size);
  const plane = metadata.shape && isKnown ? planeOf(shape) : undefined;
  return plane ? { ...base, kind, numbers: h5Numbers(file, path, metadata, plane) } : { ...base, kind };
}

/** Attributes that hold numbers, or texts. */
async function attributesOf(file: LazyH5File, path: string, name: string): Promise<Variable[]> {
  return file.run(`the attributes of "${path}"`, (h5) => {
    const entity = (path === '/' ? h5 : h5.get(path)) as Group | Dataset;
    // Links to nowhere have none.
    const attributes = Object.entries(entity.attrs ?? {}) as [string, Attribute][];
    return attributes.flatMap(([key, { metadata, value }]): Variable[] => {
      const base = { name: `${name}@${key}`, shape: metadata.shape ?? [] };
      if (typeof value === 'string') return [{ ...base, kind: 'text', texts: async () => [value] }];
      if (Array.isArray(value) && value.every((part) => typeof part === 'string'))
        return [{ ...base, kind: 'text', texts: async () => value as string[] }];
      const list = ArrayBuffer.isView(value)
        ? Array.from(value as unknown as ArrayLike<number | bigint>)
        : [value];
      const isOfNumbers = list.every((one) => typeof one === 'number' || typeof one === 'bigint');
      if (!isOfNumbers || list.length === 0 || list.length > MOST_TEXTS) return [];
      const values = Float64Array.from(list as (number | bigint)[], Number);
      const numbers = {
        plane: [1, values.length] as [number, number],
        read: async (_: 0 | 1, places: readonly number[], start: number, count: number) =>
          places.map(() => values.slice(start, start + count)),
      };
      return [{ ...base, kind: 'number', numbers }];
    });
  });
}

function stringTexts(file: LazyH5File, path: string): Promise<string[]> {
  return file.run(`the texts of "${path}"`, (h5) => {
    const dataset = h5.get(path) as Dataset;
    if (dataset.metadata.total_size > MOST_TEXTS) return [];
    const { value } = dataset;
    return Array.isArray(value) ? value.map(String) : [String(value ?? '')];
  });
}

function matlabText(file: LazyH5File, path: string): Promise<string[]> {
  return file.run(`the text "${path}"`, (h5) => textRows(h5.get(path) as Dataset));
}

/** MATLAB's letters are 16-bit numbers, its first axis is HDF5's last one. */
function textRows(dataset: Dataset): string[] {
  const { shape, metadata } = dataset;
  const value = metadata.total_size > MOST_TEXTS * 64 ? undefined : dataset.value;
  if (!ArrayBuffer.isView(value)) return [];
  const codes = Array.from(value as Uint16Array, Number);
  const rows = shape?.length === 2 ? (shape[1] as number) : 1;
  return Array.from({ length: Math.max(1, rows) }, (_, row) =>
    codes.flatMap((code, i) => (i % rows === row ? [String.fromCharCode(code)] : [])).join(''),
  );
}

function cellTexts(file: LazyH5File, path: string): Promise<string[]> {
  return file.run(`the cells of "${path}"`, (h5) => {
    const cells = h5.get(path) as Dataset;
    const references = cells.metadata.total_size > MOST_TEXTS ? [] : (cells.value as Reference[]);
    return references.map((reference) => {
      const target: unknown = cells.dereference(reference);
      return isDataset(target) ? textRows(target).join(' ') : '';
    });
  });
}
