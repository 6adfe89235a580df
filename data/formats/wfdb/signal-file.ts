/** The interleaved samples of one WFDB signal file, from any place of it. */

import type { ByteSource } from '../../../base/bytes.ts';
import { FormatError } from '../../errors.ts';
import { type SampleFormat, samplesIn } from './samples.ts';

/** Samples decoded at once. */
const BLOCK_SAMPLES = 1 << 18;
/** Frames between the places of a file of differences at which the sums are kept. */
const STEP_FRAMES = 1 << 14;

/** What a frame holds: `samplesPerFrame` samples of each signal in turn. */
export interface FrameMember {
  samplesPerFrame: number;
  /** The value before the first difference. */
  initial: number;
}

export class SignalFile {
  readonly format: SampleFormat;
  /** Samples of all signals in a frame. */
  readonly samplesPerFrame: number;
  /** Whole frames in the file. */
  readonly frames: number;
  /** Frames that `read` takes at most. */
  readonly blockFrames: number;
  private readonly source: ByteSource;
  private readonly byteOffset: number;
  private readonly members: readonly FrameMember[];
  /** Values of all signals before every STEP_FRAMES-th frame, as far as they are known. */
  private readonly sums: Int32Array[];

  constructor(source: ByteSource, format: SampleFormat, byteOffset: number, members: readonly FrameMember[]) {
    this.source = source;
    this.format = format;
    this.byteOffset = byteOffset;
    this.members = members;
    this.samplesPerFrame = members.reduce((sum, member) => sum + member.samplesPerFrame, 0);
    this.frames = Math.floor(samplesIn(Math.max(0, source.size - byteOffset), format) / this.samplesPerFrame);
    this.blockFrames = Math.max(1, Math.floor(BLOCK_SAMPLES / this.samplesPerFrame));
    this.sums = [Int32Array.from(members, ({ initial }) => initial)];
  }

  /** Digital values of frames first ... first+count-1, interleaved as stored. */
  async read(first: number, count: number): Promise<Int32Array> {
    if (!this.format.isDifferences) return this.decode(first, count);
    const step = Math.floor(first / STEP_FRAMES);
    const sums = await this.sumsBefore(step);
    const from = step * STEP_FRAMES;
    const values = await this.decode(from, first + count - from);
    this.integrate(values, sums.slice());
    return values.subarray((first - from) * this.samplesPerFrame);
  }

  private async decode(first: number, count: number): Promise<Int32Array> {
    const { source, format, samplesPerFrame } = this;
    const { samples, bytes: groupBytes } = format.group;
    // Begin at a whole group: in format 212 a frame may start in the middle of three bytes.
    const begin = first * samplesPerFrame;
    const firstGroup = Math.floor(begin / samples);
    const end = begin + count * samplesPerFrame;
    const offset = this.byteOffset + firstGroup * groupBytes;
    const length = Math.min((Math.ceil(end / samples) - firstGroup) * groupBytes, source.size - offset);
    const bytes = await source.read(offset, length);
    if (bytes.length < length) {
      throw new FormatError(source.name, 'became shorter while it was read.', 'Try again.', {
        byte: offset + bytes.length,
      });
    }
    const values = new Int32Array(end - firstGroup * samples);
    format.decode(bytes, values);
    return values.subarray(begin - firstGroup * samples);
  }

  /** Reads on from the last place whose sums are known. Two reads at once work out the same. */
  private async sumsBefore(step: number): Promise<Int32Array> {
    for (let next = this.sums.length; next <= step; next++) {
      const sums = (this.sums[next - 1] as Int32Array).slice();
      for (let frame = (next - 1) * STEP_FRAMES; frame < next * STEP_FRAMES; frame += this.blockFrames) {
        const count = Math.min(this.blockFrames, next * STEP_FRAMES - frame);
        this.integrate(await this.decode(frame, count), sums);
      }
      this.sums[next] = sums;
    }
    return this.sums[step] as Int32Array;
  }

  /** Differences become values in place; `sums` goes along to the values at the end. */
  private integrate(values: Int32Array, sums: Int32Array): void {
    const { members } = this;
    for (let at = 0; at < values.length; ) {
      for (let signal = 0; signal < members.length; signal++) {
        const { samplesPerFrame } = members[signal] as FrameMember;
        let sum = sums[signal] as number;
        for (let k = 0; k < samplesPerFrame; k++, at++) {
          sum = (sum + (values[at] as number)) | 0;
          values[at] = sum;
        }
        sums[signal] = sum;
      }
    }
  }
}
