import { describe, expect, it } from 'vitest';
import { declaredKind } from '../../../data/channels/declared.ts';
import { kindOf, kindsOf, modalityOfAll } from '../../../data/channels/kinds-of.ts';
import type { ChannelKind, Modality } from '../../../data/recording.ts';

type Told = ChannelKind | '-';
const channel = (label: string, unit = '', rate = 200) => ({ label, unit, rate, length: 1000 });
/** "Fp1" or "Fp1 [uV]". */
const named = (text: string, rate = 200) => {
  const [, label = text, unit = ''] = /^(.*) \[(.*)\]$/.exec(text) ?? [];
  return channel(label, unit, rate);
};

/** Names that tell their kind by themselves. */
const ALONE: Readonly<Record<string, readonly string[]>> = {
  eeg: [
    ...[
      'EEG Fpz-Cz',
      'EEG Pz-Oz',
      'EEG Fp1-Ref',
      'EEG FP1-LE',
      'EEG F3-CLE',
      'EEG',
      'EEG(sec)',
      'EEG2',
      'EEG 2',
    ],
    ...[
      'Fp1',
      'FP2',
      'fp1',
      'Fz',
      'CZ',
      'Oz',
      'POz',
      'AF7',
      'AF8',
      'TP9',
      'TP10',
      'FC5',
      'CP1',
      'PO4',
      'FT9',
    ],
    ...[
      'F3',
      'C3',
      'T4',
      'T7',
      'P8',
      'O1',
      'Fp1-LE',
      'FP1-F7',
      'T7-P7',
      'T8-P8-0',
      'P7-T7',
      'FT9-FT10',
      'FC1-Ref',
    ],
    ...[
      'C4-A1',
      'F4-M1',
      'O2-M1',
      'C3-A2',
      'C3A2',
      'O2M1',
      'CZ-PZ',
      'Fz-Cz',
      'A1-A2',
      'EEG A1-Ref',
      'EEG 20-REF',
    ],
    ...[
      'EEG Channel-1',
      'RAW_TP9',
      'EEG.AF3',
      'BIS/EEG1_WAV',
      'EEG (C4-A1)',
      'EEG T1-REF',
      'Fp1-AVG',
      'AFF1h',
    ],
  ],
  ieeg: [
    ...[
      "A'1",
      "TP'3",
      "POL TP'3",
      "POL A'12",
      'LA1-LA2',
      'RTP3-RTP4',
      'Grid12',
      'GRID1',
      'LGrid3',
      'Strip 2',
    ],
    ...['SEEG A1', 'ECoG 12', 'iEEG LHIP1', 'LFP 1', 'Depth3', 'HH1-HH2'],
  ],
  ecg: [
    ...[
      'ECG',
      'EKG',
      'EKG1',
      'ECG1',
      'ECG 2',
      'ECG I',
      'ch_1 ECG',
      'ecg_lead_ii',
      'EEG EKG1-REF',
      'ECG EKG',
      'ECG V1',
    ],
    ...[
      'MLII',
      'MLIII',
      'MLI',
      'ML2',
      'MCL1',
      'MCL',
      'II',
      'III',
      'ii',
      'II,',
      'AVR',
      'aVF',
      'avl',
      '-aVR',
      'V1',
      'V5',
      'v6',
    ],
    ...[
      'Lead I',
      'Lead II',
      'lead_V1',
      'CM5',
      'CC5',
      'V3R',
      'vx',
      'DII',
      'LL-RA',
      'LA-RA',
      'SNUADC/ECG_II',
      'ECG100C',
    ],
    ...[
      'ECG_LL-RA_24BIT_CAL',
      'chest_ECG',
      'V [mV]',
      'I [mV]',
      'V [uV]',
      'ECG1-ECG2',
      'ECG filtered',
      'ecgRaw',
    ],
  ],
  ppg: [
    ...[
      'PLETH',
      'Pleth',
      'PLETH,',
      'PLETH L',
      'PLETH [NU]',
      'PPG',
      'ppg_green',
      'ppg_ir',
      'PPG_Red',
      'ppg 0',
      'BVP',
    ],
    ...[
      'ppgGreen',
      'pleth_1',
      'Plet',
      'SNUADC/PLETH',
      'photoplethysmogram',
      'SpO2 wave',
      'Finger pulse',
      'Pleth [%]',
    ],
  ],
  eog: [
    ...[
      'EOG horizontal',
      'EOG',
      'EOG(L)',
      'EOG-L',
      'VEOG',
      'HEOG',
      'LEOG',
      'IEOG',
      'LOC',
      'ROC',
      'LOC-A2',
      'ROC-LOC',
    ],
    ...['E1-M2', 'E2-M1', 'E1:M2', 'EOG E1-M2', 'EEG LOC-REF', 'EOG Left Horiz', 'EOG (right)', 'Left Eye'],
  ],
  emg: [
    ...[
      'EMG submental',
      'EMG',
      'EMG1',
      'EMG chin',
      'Chin1-Chin2',
      'Chin',
      'ChinL',
      'CHIN EMG',
      'LAT',
      'RAT',
      'LAT-RAT',
    ],
    ...[
      'Leg L',
      'Leg/L',
      'LLEG',
      'R-Leg',
      'Leg',
      'EMG Ant Tibial L',
      'PLMl',
      'EMG1-EMG2',
      'Dx1-DX2',
      'Tib-R',
      'L Arm',
    ],
  ],
  respiration: [
    ...[
      'Resp oro-nasal',
      'RESP',
      'RESP,',
      'Resp',
      'RESP [pm]',
      'RESP [Ohm]',
      'RSP',
      'Resp. Imp.',
      'Nasal Pressure',
    ],
    ...[
      'Flow Patient',
      'Flow',
      'AIRFLOW',
      'Airflow',
      'Thor',
      'Abdo',
      'THX',
      'ABD',
      'ABDO RES',
      'THOR RES',
      'CHEST',
      'PTAF',
    ],
    ...[
      'Thermistor',
      'Therm',
      'Cannula',
      'CPAP',
      'C-PAP',
      'Mask Pressure',
      'PAP flow',
      'Leak',
      'Effort THO',
      'NPRES',
    ],
    ...[
      'Resp Belt Abdo',
      'RESP ABDOMEN-REF',
      'TORACE',
      'ADDOME',
      'Sum',
      'XFlow',
      'Tidal Volume',
      'foo [l/min]',
      'Pres',
    ],
  ],
  gas: [
    'EtCO2',
    'CO2',
    'CO2 [mmHg]',
    'TcCO2',
    'ETCO2',
    'POL EtCO2',
    'CO2Wave',
    'FiO2',
    'Capno',
    'Primus/CO2',
  ],
  pressure: [
    ...[
      'ABP',
      'ABP [mmHg]',
      'ART',
      'BP',
      'CVP',
      'PAP',
      'ICP',
      'LAP',
      'RAP',
      'UAP',
      'NIBP',
      'NBP Sys',
      'SBP',
      'Finapres',
    ],
    ...[
      'UNCALIBRATED BP',
      'ABPMean',
      'SNUADC/ART',
      'P1 [mmHg]',
      'foo [mmHg]',
      'x [cmH2O]',
      'C3 [mmHg]',
      'AOBP',
    ],
  ],
  saturation: [
    'SpO2',
    'SaO2',
    'SPO2',
    '%SpO2',
    'SO2',
    'O2 Sat',
    'POL SpO2',
    'OSAT',
    'SAO2 [%]',
    'Perfusion Index',
  ],
  'heart-rate': [
    ...[
      'DHR',
      'H.R.',
      'PULSE RATE',
      'Pulse Rate',
      'PulseRate',
      'Heart Rate',
      'Heart_Rate',
      'HR [bpm]',
      'ibi',
      'ECG HR',
    ],
    ...['RRI', 'foo [bpm]', 'Pulse [bpm]', 'II [bpm]'],
  ],
  temperature: [
    'Temp rectal',
    'TEMP',
    'temp',
    'Temperature',
    'T_skin',
    'foo [degC]',
    'C3 [degC]',
    'T1 [°C]',
    'V [C]',
  ],
  eda: [
    'EDA',
    'gsr',
    'GSR_Skin_Conductance_CAL',
    'Skin Conductance',
    'SCL',
    'x [uS]',
    'µ [µS]',
    'EDA100C',
    'Galvanic',
  ],
  acceleration: [
    ...[
      'acc_x',
      'ACC',
      'AccX',
      'accel_y',
      'Accelerometer_X',
      'Accel Channel 0',
      'ax',
      'Chest ACC',
      'a_z',
      'ACC_ECG_x',
    ],
    ...['Activity', 'Movement', 'x [g]', 'Lead I [m/s2]', 'MOT.AccX'],
  ],
  rotation: ['Gyro_X', 'gyr_z', 'GYROX', 'gx', 'w [deg/s]', 'Gyroscope Z'],
  magnetic: ['Mag X', 'magnetometer', 'b [uT]', 'mx'],
  sound: ['Snore', 'SNORE', 'Snoring', 'MIC', 'Audio', 'Sound', 'PCG', 'PSnore'],
  position: ['Pos.', 'POSITION', 'Body', 'BodyPos', 'Body Position', 'Posture'],
  light: ['LIGHT', 'Light', 'PPG_Ambient', 'Lux', 'Photosensor'],
  gaze: ['Pupil_Left', 'Gaze X', 'EyeGaze'],
  nirs: ['NIRS 1', 'HbO', 'HbR_1'],
  measure: [
    ...[
      'Delta_TP9',
      'Alpha_AF7',
      'attention',
      'meditation',
      'Resp Rate',
      'RespRate',
      'BIS',
      'ST II',
      'foo [%]',
    ],
    ...['PVC Rate per Minute', 'POW.AF3.Theta', 'Ergo-Left', 'force'],
  ],
  marks: [
    ...[
      'Event marker',
      'Status',
      'STI 014',
      'Trigger',
      'trig',
      'DTRIG',
      'Marker',
      'Events/Markers',
      'PHOTIC',
      'PHOTIC-REF',
    ],
    ...[
      'EEG Mark1',
      'OX STAT',
      'OxStatus',
      'EKG_Off',
      'EDF Annotations',
      'Digital (STP Input 0)',
      'INTERPOLATED',
      'TAG',
    ],
  ],
  counter: [
    'COUNTER',
    'Sample Index',
    'nSeq',
    'PacketNum',
    'index',
    'EEG.Counter',
    'Frame No',
    'Sample Number',
  ],
  time: ['time', 'Timestamp', 'timestamps', 'TIME_STAMP_s', 'Unix Time', 'Elapsed time', 'x [ms]', 'time_s'],
  battery: ['Battery', 'EEG.Battery', 'batt_level'],
  impedance: ['HSI_TP9', 'CQ_AF3', 'EEG.RawCq', 'Impedance', 'SQI', 'z [kOhm]', 'Signal Quality', 'Contact'],
  reference: ['REF', 'Ref', 'GND', 'VREF', 'REF_EEG REF_EEG'],
};

/** Names that tell nothing by themselves: none of these may be guessed. */
const UNTOLD = [
  ...[
    'ch1',
    'CH 2',
    'Channel 3',
    '0',
    '1',
    '12',
    'x',
    'y',
    'foo',
    'signal',
    'value',
    'col 0',
    'sig 0, fmt 8',
    'data',
  ],
  ...[
    'X1',
    'X12',
    'V',
    'I',
    'A',
    'B',
    'E',
    'R',
    'G',
    'A1',
    'A2',
    'M1',
    'M2',
    'T1',
    'E1',
    'E2',
    'P1',
    'HH1',
    'LA1',
    'A12',
  ],
  ...[
    'c0',
    'c1',
    'c3',
    't1',
    'o2',
    'hr',
    'HR',
    'Pulse',
    'Right AUX',
    'AUX1',
    'DC01',
    'DC1-DC',
    'EXG1',
    'EXG Channel 0',
  ],
  ...[
    'red',
    'IR',
    'green',
    'POL E',
    'POL X1',
    'POL $A1',
    'POL BN1',
    'MISC 2',
    'sine 5Hz',
    'ramp 7Hz',
    'pink noise',
  ],
  ...[
    'Template',
    'Earth',
    'Partial',
    'Flowers',
    'Cabinet',
    'Tempo',
    'Spectrum',
    'Accent',
    'Positive',
    'Responder',
  ],
  ...[
    'Start',
    'Micro',
    'Armada',
    'Legend',
    'Lightning',
    'Eyebrow',

    'Marking',
    'Timeout',
    'Artificial',
    '',
  ],
];

describe('kindOf, by a name alone', () => {
  const all = Object.entries(ALONE).flatMap(([kind, names]) => names.map((name) => [name, kind] as const));
  it('knows a good many', () => expect(all.length + UNTOLD.length).toBeGreaterThan(350));

  it.each(all)('%s is %s', (name, kind) => {
    expect(kindOf(named(name))).toBe(kind);
  });

  it.each(UNTOLD)('"%s" tells nothing', (name) => {
    expect(kindOf(named(name))).toBeUndefined();
  });
});

describe('kindsOf, of names beside each other', () => {
  const run = (text: string, modality?: Modality) => {
    const pairs = text.split(/\s*;\s*/).map((pair) => pair.split(/\s*=\s*/) as [string, Told]);
    const { kinds, modality: found } = kindsOf(
      pairs.map(([label]) => named(label)),
      modality,
    );
    expect(Object.fromEntries(pairs.map(([label], i) => [label, kinds[i] ?? '-']))).toEqual(
      Object.fromEntries(pairs),
    );
    return found;
  };

  it.each([
    [
      'MIMIC',
      'II=ecg; V=ecg; AVR=ecg; PLETH=ppg; RESP=respiration; ABP=pressure; P1=-; HR=heart-rate',
      'ecg',
    ],
    ['a pleth and a lead', 'PLETH=ppg; II=ecg', 'ecg'],
    ['two pleths and a lead', 'PLETH L=ppg; PLETH R=ppg; II=ecg', 'ppg'],
    [
      'a night',
      'C3-M2=eeg; E1-M2=eog; ECG I=ecg; ECG II=ecg; ECG III=ecg; Chin1-Chin2=emg; Flow=respiration',
      'eeg',
    ],
    [
      'a montage with ears',
      'Fp1=eeg; C3=eeg; A1=eeg; A2=eeg; T1=eeg; EKG1=ecg; X1=auxiliary; DC01=auxiliary',
      'eeg',
    ],
    ['AASM electrodes', 'E1=eog; E2=eog; F3=eeg; C3=eeg; M1=eeg; M2=eeg; LAT=emg', 'eeg'],
    ['Muse', 'TP9=eeg; AF7=eeg; AF8=eeg; TP10=eeg; Right AUX=auxiliary', 'eeg'],
    [
      'a wearable',
      'ppg_green=ppg; ir=ppg; acc_x=acceleration; hr=heart-rate; gsr=eda; temp=temperature',
      'ppg',
    ],
    ['an ear and a lead', 'II=ecg; V5=ecg; A1=-; T1=-', 'ecg'],
    ['axes beside a wave', 'BVP=ppg; x=acceleration; y=acceleration; z=acceleration', 'ppg'],
    ['lower case', 'fp1=eeg; c3=eeg; o1=eeg', 'eeg'],
  ] as const)('%s', (_, text, modality) => {
    expect(run(text)).toBe(modality);
  });

  const range = (shaft: string, count: number, from = 1) =>
    Array.from({ length: count }, (_, i) => `${shaft}${from + i}`);
  const kindsOfLabels = (labels: readonly string[], modality?: Modality) =>
    kindsOf(
      labels.map((label) => channel(label)),
      modality,
    );

  it.each<[string, string[]]>([
    ['shafts of one letter', [...range('A', 10), ...range('B', 12), ...range('T', 8)]],
    ['shafts whose first contacts are sites', [...range('C', 12), ...range('P', 15), ...range('F', 14)]],
    ['shafts that look like leads', [...range('V', 14), ...range('A', 8)]],
    ['one shaft with its side', range('LA', 8)],
    ['primes', [...range("B'", 6), ...range('B', 6)]],
    [
      'the files of Nihon Kohden',
      [...range('EEG A', 2).map((name) => `${name}-Ref`), ...range('POL A', 8, 3), ...range('POL H', 10)],
    ],
    ['contacts two digits wide', ['LH01', 'LH02', 'LH03', 'LH04', 'LH05']],
  ])('%s are contacts', (_, labels) => {
    const { kinds, modality } = kindsOfLabels(labels);
    expect(modality).toBe('ieeg');
    expect(new Set(kinds)).toEqual(new Set(['ieeg']));
  });

  it('takes a numbered contact for no quality of one', () => {
    const numbered = ['contact 1 [uV]', 'Contact 2 [uV]', 'contact3 [uV]'].map((text) => named(text));
    expect(kindsOf(numbered, 'ieeg').kinds).not.toContain('impedance');
  });

  it('keeps scalp electrodes apart from contacts', () => {
    const labels = [...range('A', 10), ...range('B', 10), 'Fz', 'Cz', 'EKG1'];
    const { kinds, modality } = kindsOfLabels(labels);
    expect(modality).toBe('ieeg');
    expect(kinds.slice(-3)).toEqual(['eeg', 'eeg', 'ecg']);
  });

  it.each<[string, string[]]>([
    [
      'a cap of the 10-10 system',
      ['Fp1', 'Fz', ...range('F', 8), ...range('C', 6), ...range('P', 8), 'O1', 'AF3'],
    ],
    ['BioSemi', [...range('A', 32), ...range('B', 32)]],
    ['a cap in blocks of 16', 'ABCDEFGH'.split('').flatMap((letter) => range(letter, 16))],
    ['EGI', [...range('E', 128), 'VREF']],
  ])('%s is EEG', (_, labels) => {
    const { kinds, modality } = kindsOfLabels(labels);
    expect(modality).toBe('eeg');
    expect(new Set(kinds.filter((kind) => kind !== 'reference'))).toEqual(new Set(['eeg']));
  });

  it.each([
    ['columns', range('C', 20)],
    ['few columns', range('C', 8)],
    ['columns from nought', range('C', 4, 0)],
    ['temperatures', range('T', 6)],
    ['parts', [...range('IMF', 8)]],
    ['inputs', [...range('AI', 8), ...range('DC', 4), ...range('CH', 8)]],
  ])('%s that are numbered are no electrodes', (_, labels) => {
    const { kinds, modality } = kindsOfLabels(labels);
    expect(modality).toBeUndefined();
    expect(kinds.every((kind) => kind === undefined)).toBe(true);
  });

  it.each([
    [
      'respiration',
      'Atmung',
      'Atemfluss',
      'Bauchgurt',
      'Respiraci\u00f3n',
      'D\u00e9bit nasal',
      'Flusso',
      'Respiratoire',
    ],
    ['heart-rate', 'Herzfrequenz', 'Fr\u00e9quence cardiaque', 'Frecuencia card\u00edaca', 'FHR'],
    ['saturation', 'Sauerstoffs\u00e4ttigung', 'Saturaci\u00f3n'],
    ['emg', 'Kinn', 'Bein li', 'Jambe gauche', 'Menton', 'Pierna izq', 'Gamba sx'],
    ['pressure', 'Blutdruck', 'Pression art\u00e9rielle'],
    ['sound', 'Schnarchen', 'Ronflement', 'Mikrofon'],
    ['position', 'K\u00f6rperlage', 'Posizione'],
    ['temperature', 'Hauttemperatur', 'Temp\u00e9rature'],
    ['ecg', '\u00c9CG', 'Ableitung II', 'D\u00e9rivation V1'],
  ])('knows %s in other languages: %s', (kind, ...names) => {
    for (const name of names) expect(kindOf(channel(name)), name).toBe(kind);
  });

  it('takes contacts beside the one lead of an ECG for contacts, and a few names that may be some for nothing', () => {
    expect(kindsOfLabels(['A1', 'A2', 'A3', 'A4', 'B1', 'B2', 'B3', 'EKG1', 'EKG2'])).toMatchObject({
      modality: 'ieeg',
      kinds: [...Array(7).fill('ieeg'), 'ecg', 'ecg'],
    });
    expect(kindsOfLabels(['LAH1', 'LAH2', 'RAH1', 'RAH2', 'ECG']).modality).toBe('ieeg');
    expect(kindsOfLabels(['A1', 'A2', 'EKG'])).toMatchObject({
      modality: 'ecg',
      kinds: [undefined, undefined, 'ecg'],
      mayBe: ['eeg', 'eeg', undefined],
    });
  });

  it('takes C1 to C6 beside the leads of the limbs for leads, and D1 to D3', () => {
    const limbs = ['I', 'II', 'III', 'aVR', 'aVL', 'aVF'];
    expect(kindsOfLabels([...limbs, 'C1', 'C2', 'C3', 'C4', 'C5', 'C6']).kinds).toEqual(
      Array(12).fill('ecg'),
    );
    expect(kindsOfLabels(['D1', 'D2', 'D3', 'aVR', 'V1']).kinds).toEqual(Array(5).fill('ecg'));
  });

  it('tells by sets of names: axes, lights, single bits', () => {
    expect(kindsOfLabels(['x', 'y', 'z']).kinds).toEqual(Array(3).fill('acceleration'));
    expect(kindsOf(['X', 'Y', 'Z'].map((label) => channel(label, 'mV'))).kinds).not.toContain('acceleration');
    expect(kindsOfLabels(['RED', 'IR'])).toMatchObject({ modality: 'ppg', kinds: ['ppg', 'ppg'] });
    expect(kindsOfLabels(['I1', 'I2', 'O1', 'O2', 'A1']).modality).toBeUndefined();
    expect(kindsOfLabels(['O1', 'O2', 'A1', 'A2', 'Cz']).modality).toBe('eeg');
  });

  it('takes a name with several meanings for what the recording is', () => {
    expect(run('A1=ieeg; V1=ieeg; C3=ieeg; P2=ieeg; HH1=ieeg', 'ieeg')).toBe('ieeg');
    expect(run('A1=eeg; M2=eeg; c3=eeg', 'eeg')).toBe('eeg');
    expect(run('V=ecg; I=ecg', 'ecg')).toBe('ecg');
    expect(run('II=ecg; V=-; PLETH=ppg', 'ppg')).toBe('ppg');
  });

  it('counts waves only, and leaves out what is marked as bad', () => {
    const slow = [channel('PLETH', '', 125), channel('II', '', 1), channel('V5', '', 1)];
    expect(modalityOfAll(slow)).toBe('ppg');
    const bad = [channel('PLETH'), { ...channel('II'), bad: 'is bad' }, { ...channel('V5'), bad: 'is bad' }];
    expect(modalityOfAll(bad)).toBe('ppg');
    expect(modalityOfAll([channel('RESP'), channel('ABP')])).toBeUndefined();
  });

  it('holds what a file declares above any name', () => {
    expect(kindOf({ ...channel('Fp1'), kind: 'ecg' })).toBe('ecg');
    expect(kindOf({ ...channel('Fp1'), kind: 'counter' })).toBe('counter');
  });
});

describe('declaredKind', () => {
  it.each([
    ['EEG', 'eeg'],
    ['eeg', 'eeg'],
    ['ECOG', 'ieeg'],
    ['SEEG', 'ieeg'],
    ['dbs', 'ieeg'],
    ['ECG', 'ecg'],
    ['EOG', 'eog'],
    ['VEOG', 'eog'],
    ['HEOG', 'eog'],
    ['EMG', 'emg'],
    ['TRIG', 'marks'],
    ['stim', 'marks'],
    ['MISC', 'other'],
    ['ADC', 'other'],
    ['MEGMAG', 'other'],
    ['RESP', 'respiration'],
    ['PPG', 'ppg'],
    ['GSR', 'eda'],
    ['TEMP', 'temperature'],
    ['AUDIO', 'sound'],
    ['PUPIL', 'gaze'],
    ['REF', 'reference'],
    ['SYSCLOCK', 'time'],
    ['NIRSCWAMPLITUDE', 'nirs'],
    ['HBO', 'nirs'],
  ])('%s is %s', (type, kind) => expect(declaredKind(type)).toBe(kind));

  it.each([undefined, '', 'n/a'])('%s says nothing', (type) => expect(declaredKind(type)).toBeUndefined());
});
