/** Writes small EDF, BDF and WFDB files in memory, so that the readers are tested whatever recordings are at hand. */

import { type ByteSource, memorySource } from '../../base/bytes.ts';
import type { FileEntry } from '../../data/formats/format.ts';

export interface EdfSignalSpec {
  label: string;
  unit?: string;
  physical?: [number, number];
  digital?: [number, number];
  perRecord: number;
  /** Stored integers of all records. */
  values: ArrayLike<number>;
}

export interface EdfSpec {
  signals: EdfSignalSpec[];
  recordSeconds?: number;
  records: number;
  /** What the header says instead of the true number. */
  declaredRecords?: number;
  bdf?: boolean;
  reserved?: string;
  patient?: string;
  recording?: string;
  /** Onset of each record in seconds, and texts in it: makes an annotation channel. */
  tals?: { onset: number; texts?: string[] }[];
}

const TAL_SAMPLES = 30;

/** The bytes of an EDF or BDF file. Text is written as Latin-1. */
export function edfBytes(spec: EdfSpec): Uint8Array {
  const width = spec.bdf ? 3 : 2;
  const signals = spec.tals
    ? [
        ...spec.signals,
        { label: spec.bdf ? 'BDF Annotations' : 'EDF Annotations', perRecord: TAL_SAMPLES, values: [] },
      ]
    : spec.signals;
  const column = (pad: number, text: (signal: EdfSignalSpec) => string) =>
    signals.map((signal) => text(signal).padEnd(pad)).join('');
  const range = (signal: EdfSignalSpec) =>
    signal.digital ?? (spec.bdf ? [-8388608, 8388607] : [-32768, 32767]);
  const header = [
    (spec.bdf ? '\u00ffBIOSEMI' : '0').padEnd(8),
    (spec.patient ?? '').padEnd(80),
    (spec.recording ?? '').padEnd(80),
    '02.03.21',
    '04.05.06',
    String(256 * (1 + signals.length)).padEnd(8),
    (spec.reserved ?? '').padEnd(44),
    String(spec.declaredRecords ?? spec.records).padEnd(8),
    String(spec.recordSeconds ?? 1).padEnd(8),
    String(signals.length).padEnd(4),
    column(16, ({ label }) => label),
    column(80, () => ''),
    column(8, ({ unit }) => unit ?? ''),
    column(8, ({ physical }) => String(physical?.[0] ?? -100)),
    column(8, ({ physical }) => String(physical?.[1] ?? 100)),
    column(8, (signal) => String(range(signal)[0])),
    column(8, (signal) => String(range(signal)[1])),
    column(80, () => ''),
    column(8, ({ perRecord }) => String(perRecord)),
    column(32, () => ''),
  ].join('');

  const body: number[] = [];
  for (let record = 0; record < spec.records; record++) {
    for (const signal of signals) {
      if (/Annotations$/.test(signal.label)) {
        const { onset, texts = [] } = spec.tals?.[record] ?? { onset: record };
        const stamp = `+${onset}`;
        const text = `${stamp}\x14\x14\0${texts.map((t) => `${stamp}\x15${0.5}\x14${t}\x14\0`).join('')}`;
        const bytes = [...new TextEncoder().encode(text)];
        while (bytes.length < TAL_SAMPLES * width) bytes.push(0);
        body.push(...bytes);
        continue;
      }
      for (let i = 0; i < signal.perRecord; i++) {
        const value = signal.values[record * signal.perRecord + i] as number;
        for (let byte = 0; byte < width; byte++) body.push((value >> (8 * byte)) & 255);
      }
    }
  }
  return Uint8Array.from([...latin1(header), ...body]);
}

export function latin1(text: string): number[] {
  return [...text].map((letter) => letter.charCodeAt(0) & 255);
}

/** Little-endian integers of some bytes. */
function integers(values: ArrayLike<number>, width: number, offset = 0): number[] {
  return Array.from(values).flatMap((value) =>
    Array.from({ length: width }, (_, byte) => Math.floor((value + offset) / 256 ** byte) & 255),
  );
}

/** Frames of format 16: little-endian 16-bit integers. */
export function format16(values: ArrayLike<number>): number[] {
  return integers(values, 2);
}

/** Three 10-bit integers in 32 bits; `place` puts them there. A last incomplete group takes the bytes that it needs. */
function format10(
  values: ArrayLike<number>,
  place: (a: number, b: number, c: number) => number,
  needed: (rest: number) => number,
): number[] {
  return Array.from({ length: Math.ceil(values.length / 3) }, (_, group) => {
    const [a = 0, b = 0, c = 0] = Array.from(values)
      .slice(3 * group, 3 * group + 3)
      .map((value) => value & 1023);
    return integers([place(a, b, c) >>> 0], 4).slice(0, needed(values.length - 3 * group));
  }).flat();
}

/** Samples in any WFDB format but 8. */
export function wfdbBytes(format: number, values: ArrayLike<number>): number[] {
  switch (format) {
    case 61:
      return Array.from(values).flatMap((value) => [(value >> 8) & 255, value & 255]);
    case 80:
      return integers(values, 1, 128);
    case 160:
      return integers(values, 2, 32_768);
    case 212:
      return format212(values);
    case 310:
      return format10(
        values,
        (a, b, c) => (((c & 31) << 11) | (a << 1)) + (((c >> 5) << 27) | (b << 17)),
        (rest) => (rest === 1 ? 2 : 4),
      );
    case 311:
      return format10(
        values,
        (a, b, c) => a | (b << 10) | (c << 20),
        (rest) => Math.min(4, rest + 1),
      );
    default:
      return integers(values, format / 8);
  }
}

/** Format 8: differences of each of `signals` interleaved signals, the first from 0. */
export function format8(values: ArrayLike<number>, signals: number): number[] {
  return Array.from(
    values,
    (value, i) => (value - (i < signals ? 0 : (values[i - signals] as number))) & 255,
  );
}

/** Format 212: pairs of 12-bit integers in three bytes; a last single sample takes two. */
export function format212(values: ArrayLike<number>): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < values.length; i += 2) {
    const first = (values[i] as number) & 4095;
    const second = i + 1 < values.length ? (values[i + 1] as number) & 4095 : 0;
    bytes.push(first & 255, (first >> 8) | ((second >> 8) << 4));
    if (i + 1 < values.length) bytes.push(second & 255);
  }
  return bytes;
}

/** Signals of equal length, sample by sample in turn. */
export function interleave(signals: readonly ArrayLike<number>[]): number[] {
  return Array.from({ length: signals[0]?.length ?? 0 }, (_, i) =>
    signals.map((signal) => signal[i] as number),
  ).flat();
}

/** Named files in memory, and the way in which a WFDB reader finds them. */
export function fileSet(files: Record<string, string | number[] | Uint8Array>) {
  const source = (name: string): ByteSource => {
    const content = files[name] ?? [];
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : Uint8Array.from(content);
    return memorySource(name, bytes);
  };
  return { source, find: async (name: string) => (name in files ? source(name) : undefined) };
}

/** The 16-bit words of a WFDB annotation file. */
export function annotationBytes(words: readonly number[]): Uint8Array {
  return Uint8Array.from(format16(words));
}

export interface BrainVisionSpec {
  /** Stored numbers of each channel. */
  signals: number[][];
  /** "INT_16" unless told otherwise. */
  type?: string;
  vectorized?: boolean;
  /** Lines for [Common Infos] and [Binary Infos] that come before the usual ones, which they replace. */
  common?: string[];
  binary?: string[];
  channels?: string[];
  /** "Mk1=..." lines; none makes no marker file. */
  markers?: string[];
  comment?: string;
  /** Name of the three files. */
  name?: string;
}

/** The three files of a BrainVision recording at 500 Hz. */
export function brainVisionFiles(spec: BrainVisionSpec): Record<string, string | number[]> {
  const { signals, type = 'INT_16', name = 'r' } = spec;
  const settings = (lines: string[], usual: string[]) => [
    ...lines,
    ...usual.filter((line) => !lines.some((other) => other.split('=')[0] === line.split('=')[0])),
  ];
  const header = [
    'Brain Vision Data Exchange Header File Version 1.0',
    '; written by a test',
    '[Common Infos]',
    ...settings(spec.common ?? [], [
      `DataFile=${name}.eeg`,
      ...(spec.markers ? [`MarkerFile=${name}.vmrk`] : []),
      'DataFormat=BINARY',
      `DataOrientation=${spec.vectorized ? 'VECTORIZED' : 'MULTIPLEXED'}`,
      `NumberOfChannels=${signals.length}`,
      'SamplingInterval=2000',
    ]),
    '[Binary Infos]',
    ...settings(spec.binary ?? [], [`BinaryFormat=${type}`]),
    '[Channel Infos]',
    ...(spec.channels ?? signals.map((_, i) => `Ch${i + 1}=C${i + 1},,0.5,µV`)),
    ...(spec.comment === undefined ? [] : ['[Comment]', spec.comment]),
  ];
  const stored = spec.vectorized ? signals.flat() : interleave(signals);
  return {
    [`${name}.vhdr`]: header.join('\r\n'),
    [`${name}.eeg`]: brainVisionBytes(type, stored),
    ...(spec.markers
      ? {
          [`${name}.vmrk`]: [
            'Brain Vision Data Exchange Marker File, Version 1.0',
            '[Common Infos]',
            `DataFile=${name}.eeg`,
            '[Marker Infos]',
            '; Mk<number>=<type>,<description>,<position>,<size>,<channel>,<date>',
            ...spec.markers,
          ].join('\r\n'),
        }
      : {}),
  };
}

function brainVisionBytes(type: string, values: readonly number[]): number[] {
  if (type === 'IEEE_FLOAT_32') return [...new Uint8Array(Float32Array.from(values).buffer)];
  return integers(values, type === 'INT_32' ? 4 : 2);
}

/** Named contents as files that are not opened yet. */
export function entriesOf(files: Record<string, string | number[] | Uint8Array>): FileEntry[] {
  const { source } = fileSet(files);
  return Object.keys(files).map((path) => ({ path, open: async () => source(path) }));
}
