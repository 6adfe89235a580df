/** What the physical unit of a channel says of its kind. */
import type { ChannelKind } from '../recording.ts';

/** In this order. With regard to case where it matters: uS is a conductance, us a time. */
const UNITS: readonly (readonly [pattern: RegExp, kind: ChannelKind])[] = [
  [/^(u|µ|μ|m|k|micro|milli)?(S|siemens|mho|mhos|Mho)$/, 'eda'],
  [/^((deg|degrees?|°|º)[ ._]?)?(c|f)$|^(celsius|fahrenheit|kelvin|degrees celsius|°k)$|^K$/i, 'temperature'],
  [/^(k|h|m)?pa$|^mm ?_?hg( .*)?$|^cm ?_?h2o$|^(m|k)?bar$|^torr$|^psi$/i, 'pressure'],
  [/^(bpm|beats?[ /].*|beats?)$/i, 'heart-rate'],
  [/^(g|m?g's|mg|gs|gravity|g-force|m\/s\^?2|m\/s²|m s-2|ms-2|m\.s-2)$/i, 'acceleration'],
  [/^(deg\/s(ec)?|°\/s|dps|rad\/s|rads-1)$/i, 'rotation'],
  [/^(n|u|µ|μ|m)?t$|^(m|u|µ|μ)?gauss$/i, 'magnetic'],
  [/^((m|c|d)?l)(\/|[ .]?per )?(min|s|sec|minute)$|^lpm$|^(m|d|c)?l$/i, 'respiration'],
  [/^(vol ?%|% ?vol|ppm|m?mol\/l)$/i, 'gas'],
  [/^(u|µ|μ|m|n)?s(ec|econds?)?$|^(min|minutes?|h|hours?|days?)$/i, 'time'],
  [/^(k|m)?ohms?$|^(k|m)?[ωΩ]$/i, 'impedance'],
  [/^db(a|spl|fs)?$/i, 'sound'],
  [/^(lx|lux)$/i, 'light'],
  [/^(deg|degrees?|°|rad)$/i, 'position'],
  [/^(%|percent|pct|brpm|rpm|k?hz|(1|breaths?|resp)?\/min|min-1|w|n|kg)$/i, 'measure'],
];

const VOLTAGE = /^(n|u|µ|μ|m|k)?(v|volts?)$|^(micro|milli|nano)volts?$/i;

export const isVoltage = (unit: string): boolean => VOLTAGE.test(unit.trim());

/** Undefined for voltages, which everything may be recorded in, for counts and arbitrary units, and for none. */
export function kindOfUnit(unit: string): ChannelKind | undefined {
  const text = unit.trim();
  return UNITS.find(([pattern]) => pattern.test(text))?.[1];
}

/** Kinds that are measured between electrodes, so in volts or in a converter's counts. */
const ELECTRIC: ReadonlySet<ChannelKind> = new Set(['eeg', 'ieeg', 'ecg', 'eog', 'emg']);

/** Whether a channel that its name takes for this kind may have this unit. */
export function mayHaveUnit(kind: ChannelKind, unit: string): boolean {
  const byUnit = kindOfUnit(unit);
  if (byUnit === undefined) return true;
  // The pulse oximeter's wave is given in per cent of something by many.
  if (kind === 'ppg') return byUnit === 'measure';
  return !ELECTRIC.has(kind);
}
