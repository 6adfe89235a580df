import { describe, expect, it } from 'vitest';
import type { ChannelInfo, Modality, Recording } from '../../../data/recording.ts';
import { chooseChannels } from '../../../data/windows/channel-choice.ts';
import { cutWindows } from '../../../data/windows/cut.ts';
import { memoryRecording } from '../memory-recording.ts';

/** A recording of 4 s of noise a channel; "PLETH [NU] @ 100" is in NU at 100 Hz. */
function recordingOf(names: readonly string[], modality?: Modality): Recording {
  const infos = names.map((name): ChannelInfo => {
    const [, label = '', unit = '', rate = '200'] = /^(.*?)(?: \[(.*)\])?(?: @ (.*))?$/.exec(name) ?? [];
    return { label, unit, rate: Number(rate), length: 4 * Number(rate) };
  });
  const base = memoryRecording({ rate: 200, signals: infos.map(() => [0]) });
  return {
    ...base,
    ...(modality && { modality }),
    channels: infos,
    read: async (asked, start, count) =>
      asked.map((channel) =>
        Float64Array.from({ length: count }, (_, i) => 30 * Math.sin((start + i) ** 2 + channel)),
      ),
  };
}

async function choice(names: readonly string[], modality?: Modality, wished?: readonly string[]) {
  const recording = recordingOf(names, modality);
  const { channels, leftOut, ...rest } = await chooseChannels(recording, wished);
  return {
    ...rest,
    taken: channels.map((index) => recording.channels[index]?.label),
    out: Object.fromEntries(leftOut.map(({ label, reason }) => [label, reason])),
  };
}

describe('chooseChannels, by kind', () => {
  const MIMIC = ['II [mV]', 'V [mV]', 'AVR [mV]', 'PLETH [NU]', 'RESP [pm]', 'ABP [mmHg]'];

  it('takes the leads of a monitor, and names what the others are', async () => {
    expect(await choice(MIMIC)).toEqual({
      modality: 'ecg',
      taken: ['II', 'V', 'AVR'],
      out: { PLETH: 'is PPG, not ECG', RESP: 'is respiration, not ECG', ABP: 'is pressure, not ECG' },
      notes: [],
    });
  });

  it('takes no electrode for a lead because it stands beside one', async () => {
    const { taken, out, notes } = await choice(['A1', 'A2', 'EKG']);
    expect(taken).toEqual(['EKG']);
    expect(out.A1).toBe('is called as EEG may be; it is used where it is named');
    expect(notes).toEqual([]);
  });

  it('takes the wave of the pulse oximeter where a person says PPG', async () => {
    const { modality, taken, out } = await choice(MIMIC, 'ppg');
    expect([modality, taken]).toEqual(['ppg', ['PLETH']]);
    expect(out.II).toBe('is ECG, not PPG');
  });

  it('takes the EEG of a night, at its own rate, whatever has more channels', async () => {
    const { modality, taken, out } = await choice([
      ...['EEG Fpz-Cz @ 100', 'EEG Pz-Oz @ 100', 'EOG horizontal @ 100', 'EMG submental @ 100'],
      ...['ECG I @ 250', 'ECG II @ 250', 'ECG III @ 250', 'Flow @ 50', 'Thor @ 50', 'Abdo @ 50', 'SaO2 @ 25'],
    ]);
    expect([modality, taken]).toEqual(['eeg', ['EEG Fpz-Cz', 'EEG Pz-Oz']]);
    expect(out).toMatchObject({
      'EOG horizontal': 'is EOG, not EEG',
      'EMG submental': 'is EMG, not EEG',
      'ECG II': 'is ECG, not EEG',
      Flow: 'is respiration, not EEG',
      SaO2: 'is oxygen saturation, not EEG',
    });
  });

  it('takes a name that tells nothing for the one kind of a recording, and says so', async () => {
    expect(await choice(['Fp1', 'Fz', 'foo', 'Status', 'Right AUX'])).toEqual({
      modality: 'eeg',
      taken: ['Fp1', 'Fz', 'foo'],
      out: { Status: 'holds marks, not a signal', 'Right AUX': 'is an auxiliary input, not EEG' },
      notes: ['the name of "foo" shows no kind; it is taken for EEG like the others'],
    });
  });

  it('leaves such a name out of a recording of several kinds', async () => {
    const { taken, out, notes } = await choice(['Fp1', 'Fz', 'foo', 'EKG1']);
    expect([taken, notes]).toEqual([['Fp1', 'Fz'], []]);
    expect(out.foo).toMatch(/^has a name that shows no kind/);
  });

  it('takes names that tell nothing where no other does, and what a person says that they are', async () => {
    expect((await choice(['ch1', 'ch2'])).taken).toEqual(['ch1', 'ch2']);
    expect(await choice(['ch1', 'ch2'], 'ecg')).toMatchObject({ modality: 'ecg', taken: ['ch1', 'ch2'] });
    expect(await choice(['ch1', 'RESP', 'HR [bpm]'], 'ecg')).toMatchObject({
      taken: ['ch1'],
      out: { RESP: 'is respiration, not ECG', HR: 'is heart rate or beat intervals, not ECG' },
    });
  });

  it('never goes against a unit', async () => {
    expect(await choice(['ch1 [mmHg]', 'ch2 [mV]'], 'ecg')).toMatchObject({
      taken: ['ch2'],
      out: { ch1: 'is pressure, not ECG' },
    });
    expect(await choice(['C3 [degC]', 'Fz [uV]'])).toMatchObject({
      taken: ['Fz'],
      out: { C3: 'is temperature, not EEG' },
    });
    await expect(choice(['a [degC]', 'b [%]'], 'eeg')).rejects.toThrow(
      'no channel is left to use: "a" is temperature, not EEG, "b" is a computed measure, not EEG. Channels that are named are used whatever they are.',
    );
  });

  it('refuses a recording of nothing but other kinds', async () => {
    await expect(choice(['RESP', 'ABP'])).rejects.toThrow(
      '"RESP" is respiration, not ECG, PPG, EEG or iEEG, "ABP" is pressure, not ECG, PPG, EEG or iEEG',
    );
  });

  it('believes a file that declares kinds, and leaves out counters and times', async () => {
    const recording = recordingOf(['Fp1', 'Fz', 'EEG Cz', 'Pz']);
    const kinds = ['counter', 'time', 'other'] as const;
    const channels = recording.channels.map((channel, i) => ({
      ...channel,
      ...(kinds[i] && { kind: kinds[i] }),
    }));
    const chosen = await chooseChannels({ ...recording, channels });
    expect(chosen.channels).toEqual([3]);
    expect(chosen.leftOut.map(({ reason }) => reason)).toEqual([
      'is a counter, not a signal',
      'holds times, not a signal',
      'is of another kind, as a file beside it says',
    ]);
  });

  it('leaves out counters and times of any format, by their values, but what is in volts or named', async () => {
    const of = (value: (i: number) => number, label: string, unit = '') => {
      const base = recordingOf([`${label}${unit && ` [${unit}]`}`, 'Cz [uV]', 'ch3']);
      const read: Recording['read'] = async (asked, start, count) =>
        asked.map((channel) =>
          Float64Array.from({ length: count }, (_, i) =>
            channel === 0 ? value(start + i) : 30 * Math.sin((start + i) ** 2 + channel),
          ),
        );
      return { ...base, read };
    };
    const taken = async (recording: Recording, wished?: string[]) =>
      (await chooseChannels(recording, wished)).channels;
    for (const value of [(i: number) => i % 256, (i: number) => 5000 - i, (i: number) => 1e9 + 0.005 * i]) {
      expect(await taken(of(value, 'ch1'))).toEqual([1, 2]);
      expect(await taken(of(value, 'ch1', 'uV'))).toEqual([0, 1, 2]);
      expect(await taken(of(value, 'Fz'))).toEqual([0, 1, 2]);
      expect(await taken(of(value, 'ch1'), ['ch1', 'Cz'])).toEqual([0, 1]);
    }
    const { leftOut } = await chooseChannels(of((i) => i, 'ch1'));
    expect(leftOut).toEqual([{ label: 'ch1', reason: expect.stringMatching(/as a counter does/) }]);
  });

  it('takes what is named whatever it is, and says what that is', async () => {
    expect(await choice(MIMIC, undefined, ['PLETH'])).toMatchObject({
      modality: 'ppg',
      taken: ['PLETH'],
      notes: [],
    });
    expect(await choice(MIMIC, undefined, ['RESP', 'II'])).toMatchObject({
      taken: ['RESP', 'II'],
      notes: ['"RESP" is respiration and used because it was named'],
    });
  });

  it('takes all channels of a kind that is named', async () => {
    expect(await choice(MIMIC, undefined, ['ppg'])).toMatchObject({ modality: 'ppg', taken: ['PLETH'] });
    expect(await choice(MIMIC, undefined, ['respiration', 'ECG'])).toMatchObject({
      taken: ['RESP', 'II', 'V', 'AVR'],
    });
    expect(await choice(['PLETH @ 100', 'PLETH R @ 100', 'BVP @ 64'], undefined, ['ppg'])).toMatchObject({
      taken: ['PLETH', 'PLETH R'],
      out: { BVP: 'has 64 Hz, most others 100 Hz' },
    });
    await expect(choice(MIMIC, undefined, ['eeg'])).rejects.toThrow(
      'there is no channel "eeg"; it has II, V, AVR, PLETH, RESP, ABP.',
    );
  });
});

it('windows are of what the channels are that were named', async () => {
  const recording = recordingOf(['II [mV]', 'PLETH [NU]']);
  const options = { seconds: 1, mains: 'none' } as const;
  expect(await cutWindows(recording, options)).toMatchObject({ modality: 'ecg', labels: ['II'] });
  const named = await cutWindows(recording, { ...options, channels: ['PLETH'] });
  expect(named).toMatchObject({ modality: 'ppg', labels: ['PLETH'] });
});

describe('inputs that anything may be plugged into', () => {
  it('are the signal where only what a device adds by itself is beside them', async () => {
    const { taken, out } = await choice(['EXG Channel 0', 'EXG Channel 1', 'Accel Channel 0', 'Battery']);
    expect(taken).toEqual(['EXG Channel 0', 'EXG Channel 1']);
    expect(Object.keys(out)).toEqual(['Accel Channel 0', 'Battery']);
    expect((await choice(['EXG1', 'Cz [uV]'])).taken).toEqual(['Cz']);
    expect((await choice(['AUX1', 'Chest', 'Cz'])).taken).toEqual(['Cz']);
  });
});
