/**
 * LabChart's own MAT files: all channels and blocks one after the other in one vector, `data`, with `datastart`, `dataend` and
 * `samplerate` a channel (rows) and block (columns). https://www.adinstruments.com/support/faq/how-do-i-open-labchart-data-matlab
 */
import { modalityOfAll, requireRange } from '../../channels.ts';
import { FormatError } from '../../errors.ts';
import type { ChannelInfo, Gap, Recording } from '../../recording.ts';
import type { Numbers } from '../array/stored.ts';
import type { Variable } from '../array/variable.ts';

const SECONDS_A_DAY = 86_400;
/** Samples by which channels may differ in a block. */
const UNEVEN = 1;

/** Where a channel lies in `data`, from 0; no samples where the block has none of it. */
interface Piece {
  readonly start: number;
  readonly length: number;
  readonly rate: number;
  /** physical = (stored + offset) * factor, of files that were saved in 16 bits. */
  readonly factor: number;
  readonly offset: number;
}

interface Placed {
  readonly info: ChannelInfo;
  readonly pieces: readonly Piece[];
}

/** Are these the arrays of LabChart's export? */
export function isLabChart(variables: readonly Variable[]): boolean {
  return ['data', 'datastart', 'dataend', 'samplerate'].every((name) =>
    variables.some((variable) => variable.name === name && variable.numbers !== undefined),
  );
}

/**
 * The channels of the main rate and the others, each with its blocks, which are parted by gaps.
 * @throws FormatError where places lie outside the data, and where rates change from block to block.
 */
export async function labChartRecording(
  file: string,
  format: string,
  variables: readonly Variable[],
): Promise<Recording> {
  const named = (name: string) => variables.find((variable) => variable.name === name);
  const data = named('data')?.numbers as Numbers;
  const total = data.plane[0] * data.plane[1];
  if (data.plane[0] !== 1)
    throw new FormatError(file, 'has "data" of two axes, where LabChart writes one.', 'Export it again.', {
      field: 'data',
    });
  const [starts, ends, rates] = await Promise.all(
    ['datastart', 'dataend', 'samplerate'].map(async (name) => cellsOf(named(name) as Variable)),
  );
  const [factors, offsets] = await scalesOf(file, named('scaleunits'), named('scaleoffset'));
  const times = named('blocktimes') ? (await cellsOf(named('blocktimes') as Variable)).flat() : [];
  const titles = (await named('titles')?.texts?.()) ?? [];
  const units = (await named('unittext')?.texts?.()) ?? [];
  const unitOf = named('unittextmap') ? await cellsOf(named('unittextmap') as Variable) : [];
  const notes: string[] = [];
  const placed = (starts ?? []).flatMap((row, channel): Placed[] => {
    const label = titles[channel]?.trim() || String(channel + 1);
    const pieces = row.map((start, block): Piece => {
      const [end, rate] = [ends?.[channel]?.[block] ?? -1, rates?.[channel]?.[block] ?? Number.NaN];
      const [factor, offset] = [factors?.[channel]?.[block] ?? 1, offsets?.[channel]?.[block] ?? 0];
      if (start < 1 || end < start) return { start: 0, length: 0, rate, factor, offset };
      if (
        Number.isInteger(start) &&
        Number.isInteger(end) &&
        end <= total &&
        rate > 0 &&
        Number.isFinite(rate) &&
        Number.isFinite(factor) &&
        Number.isFinite(offset)
      )
        return { start: start - 1, length: end - start + 1, rate, factor, offset };
      throw new FormatError(
        file,
        `places channel "${label}" at ${start} to ${end}, at ${rate} Hz, in data of ${total}.`,
        'Export it again.',
        { field: 'datastart', found: `${start} to ${end}`, expected: `1 to ${total}` },
      );
    });
    const [first] = pieces;
    if (!first || pieces.some(({ length }) => length === 0)) {
      notes.push(
        `the channel "${label}" has no samples in ${first ? 'some of its blocks' : 'any block'}; it is left out`,
      );
      return [];
    }
    if (pieces.some(({ rate }) => rate !== first.rate))
      throw new FormatError(
        file,
        `has blocks of different rates (${pieces.map(({ rate }) => rate).join(', ')} Hz) in channel "${label}".`,
        'Export the blocks one by one.',
        { field: 'samplerate' },
      );
    const unit = units[(unitOf[channel]?.[0] ?? 0) - 1]?.trim() ?? '';
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    return [{ info: { label, unit, rate: first.rate, length }, pieces }];
  });
  if (placed.length === 0)
    throw new FormatError(file, 'holds no channel with samples in all its blocks.', 'Export it again.');
  const channels = placed.map(({ info }) => info);
  const modality = modalityOfAll(channels);
  return {
    name: file,
    format: `LabChart ${format}`,
    ...(modality ? { modality } : {}),
    channels,
    gaps: gapsOf(file, placed, times),
    notes,
    read: async (asked, start, count) => {
      requireRange(file, channels, asked, start, count);
      return Promise.all(
        asked.map((index) => readPieces(data, (placed[index] as Placed).pieces, start, count)),
      );
    },
  };
}

/** What makes numbers of 16 bits physical ones, [channel][block]: both or none. */
async function scalesOf(
  file: string,
  factor: Variable | undefined,
  offset: Variable | undefined,
): Promise<[number[][]?, number[][]?]> {
  const isThere = (one: Variable | undefined) => (one?.numbers?.plane.reduce((a, b) => a * b, 1) ?? 0) > 0;
  if (!isThere(factor) && !isThere(offset)) return [];
  if (isThere(factor) && isThere(offset))
    return [await cellsOf(factor as Variable), await cellsOf(offset as Variable)];
  throw new FormatError(
    file,
    `has "${isThere(factor) ? 'scaleunits' : 'scaleoffset'}" without the other one of "scaleunits" and "scaleoffset".`,
    'Export it again.',
    { field: 'scaleunits' },
  );
}

async function readPieces(
  data: Numbers,
  pieces: readonly Piece[],
  start: number,
  count: number,
): Promise<Float64Array> {
  const out = new Float64Array(count);
  let before = 0;
  for (const piece of pieces) {
    const [from, to] = [Math.max(start, before), Math.min(start + count, before + piece.length)];
    if (to > from) {
      const [values] = await data.read(1, [0], piece.start + from - before, to - from);
      out.set(
        (values as Float64Array).map((stored) => (stored + piece.offset) * piece.factor),
        from - start,
      );
    }
    before += piece.length;
  }
  return out;
}

/** Between blocks, which all channels share. */
function gapsOf(file: string, placed: readonly Placed[], times: readonly number[]): Gap[] {
  const blocks = placed[0]?.pieces.length ?? 0;
  const gaps: Gap[] = [];
  let at = 0;
  for (let block = 0; block < blocks; block++) {
    const durations = placed.map(({ pieces }) => {
      const { length, rate } = pieces[block] as Piece;
      return { seconds: length / rate, rate };
    });
    const seconds = Math.max(...durations.map((own) => own.seconds));
    // Slower channels end within one of their samples.
    if (durations.some((own) => seconds - own.seconds > UNEVEN / own.rate + 1e-9))
      throw new FormatError(
        file,
        `has channels of different lengths in block ${block + 1}.`,
        'Export the channels of one length together.',
        { field: 'dataend' },
      );
    at += seconds;
    if (block + 1 >= blocks) break;
    const days = (times[block + 1] ?? Number.NaN) - (times[block] ?? Number.NaN);
    gaps.push({ at, seconds: days * SECONDS_A_DAY - seconds });
  }
  return gaps;
}

/** [channel][block], whatever axis is of length one. */
async function cellsOf({ numbers, shape }: Variable): Promise<number[][]> {
  const { plane, read } = numbers as Numbers;
  const all = await read(
    1,
    Array.from({ length: plane[0] }, (_, row) => row),
    0,
    plane[1],
  );
  const rows = all.map((row) => [...row]);
  const isColumn = plane[0] === 1 && shape[1] === 1;
  return isColumn ? (rows[0] as number[]).map((value) => [value]) : rows;
}
