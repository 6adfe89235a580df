import { describe, expect, it } from 'vitest';
import { declaredRates } from '../../../data/formats/text/declared-rate.ts';
import { ecg, lines, open } from './open.ts';

describe('declaredRates', () => {
  it.each([
    ['Sampling rate: 1 kHz', 1000],
    ['Sampling frequency (kHz): 25.6', 25_600],
    ['Sampling rate: 1,000 Hz', 1000],
    ['Sampling rate: 1 000 Hz', 1000],
    ['Sampling rate [1/s]: 250', 250],
    ['Sampling rate of channel 64: 500 Hz', 500],
    ['Sampling rate of channel 64: 500', 500],
    ['fs: 512,5 Hz', 512.5],
    ['fs=360', 360],
    ['Fs (Hz) 500', 500],
    ['Sample Rate = 250 Hz', 250],
    ['SamplingRate: 256.0', 256],
    ['Sampling Rate (Hz):= 1000.00', 1000],
    ['Sampling rate: 16 bit, 250 Hz', 250],
    ['sampling frequency 500.0000 Hz', 500],
    ['Sampling rate: 0.25 kHz', 250],
    ['Sampling rate: 250 samples/s', 250],
    ['sampling interval 0.004 s', 250],
    ['sampling period (ms): 4', 250],
    ['Interval=\t0.001 s', 1000],
    ['1 msec/sample', 1000],
    ['{"00:07": {"sampling rate": 1000, "resolution": [16, 16]}}', 1000],
    ['title:x, sampling:128, chan:4', 128],
    ['Sample Rate,512 hertz', 512],
    ['Abtastrate: 250 Hz', 250],
    ["Fr\u00e9quence d'\u00e9chantillonnage : 250 Hz", 250],
    ['Frecuencia de muestreo: 200 Hz', 200],
    ['Frequenza di campionamento: 256 Hz', 256],
    ['Taxa de amostragem: 128 Hz', 128],
    ['Bemonsteringsfrequentie: 128 Hz', 128],
    ['\u91c7\u6837\u7387: 250 Hz', 250],
    [
      '\u0427\u0430\u0441\u0442\u043e\u0442\u0430 \u0434\u0438\u0441\u043a\u0440\u0435\u0442\u0438\u0437\u0430\u0446\u0438\u0438: 250 \u0413\u0446',
      250,
    ],
    ['dt = 0.004 s', 250],
    ['Ts: 4 ms', 250],
    ['sampling interval: 1/250 s', 250],
    ['250 samples per second', 250],
    ['data rate 250 SPS', 250],
    ['Sampling rate: 2 kSPS', 2000],
    ['sampling rate: 2k', 2000],
    ['sampled at 500 Hz', 500],
    ['downsampled to 100 Hz', 100],
    ['original sampling rate: 1000 Hz, downsampled to 250 Hz', 250],
    ['Acquisition frequency 500 Hz', 500],
    ['Samples per second per channel = 500', 500],
    ['sampling rate: 250 +/- 1 Hz', 250],
    ['sampling rate 500 Hz, low pass 100 Hz', 500],
    ['fs=200 Hz; 0.5-40 Hz', 200],
    ['sampling rate: 500 (24 bit, 5 k ohm)', 500],
  ])('reads %j as %d Hz', (comment, rate) => {
    expect(declaredRates([comment]).rates.map((found) => found.rate)).toEqual([rate]);
  });

  it.each([
    ['sampling rate: 4 ms', /a time, of 250 Hz/],
    ['fs = 25,600 Hz', /25\.6 or 25600 Hz/],
    ['Sampling rate: 4.000 Hz', /4 or 4000 Hz/],
    ['sampling interval: 4', /no unit of time/],
    ['1/fs = 0.004', /no unit of time/],
    ['sampling rate: 250 MHz', /no rate/],
    ['sampling rate: -250 Hz', /no rate/],
    ['sampling time: 10 s', /0\.1 Hz, or not the interval/],
    ['Original sampling rate: 1000 Hz', /a former one/],
  ])('takes no rate from %j, and says why', (comment, why) => {
    const { rates, unclear } = declaredRates([comment]);
    expect(rates).toEqual([]);
    expect(unclear[0]?.why).toMatch(why);
  });

  it.each([
    ['Sampling rate: 250 Hz (nominal), 249.87 Hz (effective)', [250, 249.87]],
    ['Sampling rates: 250, 500 Hz', [500, 250]],
    ['Sampling rate: 512 / 2 Hz', [2, 512]],
    ['sampling rate: 1 kHz (decimated by 4 to 250 Hz)', [1000, 250]],
  ])('finds several rates in %j', (comment, rates) => {
    expect(declaredRates([comment]).rates.map(({ rate }) => rate)).toEqual(rates);
  });

  it('takes nothing for a rate that speaks of none', () => {
    expect(
      declaredRates([
        'recorded at 10:44:18',
        'acquired with 8 channels',
        '64 channels',
        'samples: 4000',
        'offset 3',
        'gain=24',
      ]),
    ).toEqual({
      rates: [],
      unclear: [],
    });
  });
});

describe('a rate that a file declares', () => {
  const values = lines(300, (i) => ecg(i).toFixed(3));
  const timed = lines(300, (i) => `${(0.004 * i).toFixed(3)},${ecg(i).toFixed(3)}`);

  it('gives way to the one of a person, with a note that names both', async () => {
    const recording = await open(`# Sampling rate: 1 kHz\n${values}`, { rate: 500 });
    expect(recording.channels[0]?.rate).toBe(500);
    expect(recording.notes.join()).toMatch(/declares 1000 Hz .*; the 500 Hz given/);
    const same = await open(`# Sampling rate: 1 kHz\n${values}`, { rate: 1000 });
    expect(same.notes).toEqual([]);
    const byTime = await open(`time,ECG\n${timed}`, { rate: 500 });
    expect(byTime.channels[0]).toMatchObject({ rate: 500, length: 300 });
    expect(byTime.notes.join()).toMatch(/times that make 250 Hz\. The 500 Hz given/);
  });

  it('is none where it is not above 0, and is counted by the minute where it says so', async () => {
    for (const rate of ['0', '-250 Hz', '0 Hz', '= -250', '9e9 Hz'])
      await expect(open(`# sampling rate: ${rate}\n${values}`), rate).rejects.toThrow(
        /that is no rate.*--rate/,
      );
    for (const rate of ['15360 /min', '15360 samples per minute', '15 360/min'])
      expect((await open(`# sampling rate: ${rate}\n${values}`)).channels[0]?.rate, rate).toBe(256);
    expect((await open(`# sampling rate - 250 Hz\n${values}`)).channels[0]?.rate).toBe(250);
  });

  it('must not contradict another one, nor the times', async () => {
    await expect(open(`# fs = 500\n# Sampling rate: 250 Hz\n${values}`)).rejects.toThrow(
      /several sampling rates: 500 Hz .*, 250 Hz .*--rate/,
    );
    await expect(open(`# fs = 500\ntime,ECG\n${timed}`)).rejects.toThrow(
      /declares 500 Hz .*times that make 250 Hz.*--rate/,
    );
    expect((await open(`# fs = 250\ntime,ECG\n${timed}`)).channels[0]?.rate).toBe(250);
    await expect(open(`# sampling rate: 4 ms\n${values}`)).rejects.toThrow(/4 ms.*250 Hz if.*--rate/);
  });

  it('beats times of arrival, but for their pauses', async () => {
    const arrival = (i: number) =>
      1_693_576_461 + 0.04 * Math.floor(i / 10) + 0.001 * (i % 10) + (i < 2000 ? 0 : 60);
    const text = `%Sample Rate = 250 Hz\nSample Index, EXG Channel 0, Timestamp\n${lines(
      4000,
      (i) => `${i % 256}.0, ${ecg(i).toFixed(4)}, ${arrival(i).toFixed(6)}`,
    )}`;
    const recording = await open(text);
    expect(recording.channels).toMatchObject([{ label: 'EXG Channel 0', rate: 250, length: 4000 }]);
    expect(recording.gaps).toEqual([{ at: 8, seconds: expect.closeTo(60, 0) }]);
    expect(recording.notes.join()).toMatch(
      /"Sample Index" counts.*come in bursts.*250 Hz, the declared rate/,
    );
    // Without it their count tells; the last burst lasts as long as nobody knows.
    const undeclared = await open(text.slice(text.indexOf('\n') + 1));
    expect(undeclared.channels).toMatchObject([{ rate: 250, length: 4000 }]);
    expect(undeclared.notes.join()).toMatch(/how many there are/);
    await expect(open(text.replace('250 Hz', '500 Hz'))).rejects.toThrow(/declares 500 Hz .*make 250 Hz/);
  });
});
