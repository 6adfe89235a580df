import type { ByteSource } from '../../../base/bytes.ts';
import { modalityOfAll, requireRange } from '../../channels.ts';
import { FormatError } from '../../errors.ts';
import { pseudonym } from '../../privacy.ts';
import type { ChannelInfo, Recording } from '../../recording.ts';
import type { Format } from '../format.ts';
import { gapsBetween, readEdfTimeline } from './annotations.ts';
import { type EdfHeader, readEdfHeader } from './header.ts';
import { readEdfSamples } from './samples.ts';
import type { EdfSignal } from './signals.ts';

export const edf: Format = {
  name: 'EDF',
  endings: ['edf', 'bdf', 'rec'],
  declaresRates: true,
  open: async (entry) => openEdf(await entry.open()),
};

/**
 * Opens an EDF, EDF+C, EDF+D or BDF file. Annotation channels are not among its channels; they give the gaps of
 * EDF+D files, and `annotations()`. Signals without samples are left out, with a note. Values outside the declared digital range are kept as they are. Throws a
 * FormatError where the header makes no sense or the file holds no signal.
 */
export async function openEdf(source: ByteSource): Promise<Recording> {
  const header = await readEdfHeader(source);
  const all = header.signals.filter(({ isAnnotation }) => !isAnnotation);
  const signals = all.filter(({ leftOut }) => leftOut === undefined);
  const [unfit] = all;
  if (unfit && signals.length === 0) {
    throw new FormatError(
      source.name,
      `has no signal that can be read: "${unfit.label}" ${unfit.leftOut}.`,
      'Export it anew.',
    );
  }
  if (signals.length === 0) {
    throw new FormatError(
      source.name,
      'holds annotations only, no signals.',
      'Give the file with the signals; this one can be read for its annotations beside it.',
    );
  }
  if (header.records === 0) {
    throw new FormatError(source.name, 'ends before its first data record.', 'Copy it again.', {
      byte: source.size,
    });
  }
  const channels = signals.map(
    ({ label, unit, samplesPerRecord }): ChannelInfo => ({
      label,
      unit,
      rate: rateOf(samplesPerRecord, header.recordSeconds),
      length: samplesPerRecord * header.records,
    }),
  );
  const subject = await subjectOf(header);
  const modality = modalityOfAll(channels);
  return {
    name: source.name,
    format: header.reserved.startsWith(`${header.kind}+`) ? header.reserved.slice(0, 5) : header.kind,
    ...(subject ? { subject } : {}),
    ...(modality ? { modality } : {}),
    ...(header.startTime ? { startTime: header.startTime } : {}),
    channels,
    ...(await timesOf(source, header, channels)),
    notes: header.notes,
    read: async (asked, start, count) => {
      requireRange(source.name, channels, asked, start, count);
      const chosen = asked.map((index) => signals[index] as EdfSignal);
      return readEdfSamples(source, header, chosen, start, count);
    },
    annotations: async () => (await readEdfTimeline(source, header)).annotations,
    patient: () => [header.patient, header.recording].filter(Boolean).join('\n'),
  };
}

/** Where the first record lies in time, and the jumps between records; only EDF+D may have such. */
async function timesOf(
  source: ByteSource,
  header: EdfHeader,
  channels: readonly ChannelInfo[],
): Promise<Pick<Recording, 'gaps' | 'startOffset'>> {
  if (!isPlus(header)) return { gaps: [] };
  const isContinuous = !/^[EB]DF\+D/.test(header.reserved);
  const { onsets } = await readEdfTimeline(source, header, isContinuous ? 1 : header.records);
  const start = onsets[0] ? { startOffset: onsets[0] } : {};
  if (isContinuous) return { gaps: [], ...start };
  const fastest = Math.max(...channels.map(({ rate }) => rate));
  return { gaps: gapsBetween(onsets, header.recordSeconds, fastest), ...start };
}

/** samples / seconds, without the rounding noise that makes 128 samples in 0.1 s a rate of 1279.9999999999998. */
function rateOf(samples: number, seconds: number): number {
  return Number((samples / seconds).toPrecision(12));
}

function isPlus({ reserved }: EdfHeader): boolean {
  return /^[EB]DF\+/.test(reserved);
}

/**
 * EDF+ has "code sex birthdate name" with X for unknown; the code is who it is, or else name and birthdate. Plain EDF
 * has free text, often in the same manner.
 */
async function subjectOf(header: EdfHeader): Promise<string | undefined> {
  const { patient } = header;
  const [code = '', sex = '', birth = '', name = ''] = patient.split(/\s+/);
  const isInManner = /^[MFX]$/i.test(sex) && /^(X|\d\d-[A-Z]{3}-\d{4})$/i.test(birth) && name !== '';
  if (!isPlus(header) && !isInManner) return pseudonym(patient);
  const byCode = await pseudonym(code);
  if (byCode || (await pseudonym(name)) === undefined) return byCode;
  return pseudonym(`${name} ${birth}`);
}
