/** Lines of a recording for a screen. */
import { groupBy, type Recording } from '../../data/index.ts';
import type { Traces } from '../messages.ts';
import { secondsOf } from './signals.ts';

/**
 * All channels from `from` on, at the same times whatever their rates. Where the fastest has more samples than `points`,
 * each two points are the earlier and the later of the extremes of a stretch, so that no spike is lost; a slow channel
 * is read off the straight lines between its samples. Missing samples are NaN.
 */
export async function tracesOf(
  recording: Recording,
  from: number,
  seconds: number,
  points: number,
): Promise<Traces> {
  const { channels } = recording;
  const fastest = Math.max(...channels.map(({ rate }) => rate));
  const start = Math.min(secondsOf(recording), Math.max(0, Math.round(from * fastest) / fastest));
  const count = Math.round(Math.min(seconds, secondsOf(recording) - start) * fastest);
  const stretch = Math.max(1, Math.ceil((2 * count) / points));
  const times =
    stretch > 1
      ? Float64Array.from(
          { length: 2 * Math.ceil(count / stretch) },
          (_, i) => start + (i * stretch) / (2 * fastest),
        )
      : Float64Array.from({ length: count }, (_, i) => start + i / fastest);
  const lines: Traces['lines'][number][] = [];
  // Channels of one rate are read at once: most files have them side by side.
  for (const [rate, alike] of groupBy([...channels.keys()], (channel) => channels[channel]?.rate ?? 1)) {
    const first = Math.floor(start * rate);
    const offset = start * rate - first;
    const per = (stretch * rate) / fastest;
    // One sample more than the stretch has, for the line that leads out of it.
    const end = Math.ceil((start + count / fastest) * rate) + 1;
    const most = Math.min(...alike.map((channel) => channels[channel]?.length ?? 0));
    const read = await recording.read(alike, Math.min(first, most), Math.max(0, Math.min(end, most) - first));
    for (const [i, channel] of alike.entries()) {
      const own = read[i] as Float64Array;
      const { label = '', unit = '' } = channels[channel] ?? {};
      const values =
        stretch > 1 && per >= 2 ? extremes(own, times.length, per) : onLines(own, offset, times, rate);
      lines[channel] = { label, unit, values };
    }
  }
  return { from: start, seconds: count / fastest, times, lines };
}

/** Of each stretch of `per` samples the earlier of its least and its largest value, then the other. */
function extremes(values: Float64Array, points: number, per: number): Float32Array {
  const out = new Float32Array(points);
  for (let i = 0; i < points; i += 2) {
    const first = Math.floor((i / 2) * per);
    const end = Math.min(values.length, Math.max(first + 1, Math.floor((i / 2 + 1) * per)));
    let [least, most] = [first, first];
    for (let at = first; at < end; at++) {
      if (!((values[at] as number) >= (values[least] as number))) least = at;
      if (!((values[at] as number) <= (values[most] as number))) most = at;
    }
    out[i] = values[Math.min(least, most)] ?? Number.NaN;
    out[i + 1] = values[Math.max(least, most)] ?? Number.NaN;
  }
  return out;
}

/** The straight lines between samples, the first of which lies `offset` samples before the first time. */
function onLines(values: Float64Array, offset: number, times: Float64Array, rate: number): Float32Array {
  const start = times[0] ?? 0;
  return Float32Array.from(times, (time) => {
    const place = offset + (time - start) * rate;
    // A sample is met though rounding puts the time a little beside it.
    const near = Math.round(place);
    if (Math.abs(place - near) < 1e-6) return values[near] ?? Number.NaN;
    const before = Math.floor(place);
    const [a, b] = [values[before] ?? Number.NaN, values[before + 1] ?? Number.NaN];
    return a + (place - before) * (b - a);
  });
}
