/**
 * Words in the names of channels that show their kind, wherever in the name they stand: EDF+ ("Resp oro-nasal"), WFDB and
 * MIMIC ("PLETH", "ABP"), polysomnography (AASM), clinical EEG ("EKG1"), wearables ("acc_x") and monitors. What is recognised
 * by the pattern of a name (electrode sites, leads, contacts) is in `sites.ts`.
 */
import type { ChannelKind } from '../recording.ts';

export interface WordRule {
  readonly kind: ChannelKind;
  readonly pattern: RegExp;
  /** The name means this only beside channels of another kind; by itself it may be the signal under a poor name. */
  readonly onlyBeside?: boolean;
}

/** Words with no letter right before or after them. */
const word = (...words: string[]): RegExp => new RegExp(`(?:^|[^a-z])(?:${words.join('|')})(?![a-z])`);
/** The whole name, however its parts are joined. */
const whole = (...names: string[]): RegExp => new RegExp(`^(?:${names.join('|')})$`);
const rule = (kind: ChannelKind, pattern: RegExp): WordRule => ({ kind, pattern });
const beside = (kind: ChannelKind, pattern: RegExp): WordRule => ({ kind, pattern, onlyBeside: true });

/** The first that fits holds, so what is special comes before what is general: "ECG HR" is a heart rate, "EEG EKG1-Ref" an ECG. */
export const WORD_RULES: readonly WordRule[] = [
  // Not of the body.
  rule('marks', word('annotations?', 'stim(ulus|uli)?', 'sti', 'd?trig', 'triggers?', 'markers?', 'marks?')),
  rule('marks', word('events?', 'photic', 'button', 'ttl', 'interpolated', 'headbandon', 'stim ?trak')),
  rule('marks', word('digital', 'ox ?stat(us)?', 'status', 'tag', 'din', 'off', 'eye ?detection')),
  rule('marks', whole('stat', 'sync', 'switch', 'di ?\\d*')),
  rule('counter', word('counter', 'nseq', 'packet ?(num|id|counter)?', 'packetnum')),
  rule('counter', word('(sample|frame|row)s? ?(index|idx|number|num|no|count|id)')),
  rule(
    'counter',
    whole('index', 'idx', 'seq(uence)?', 'frames?', 'samples?', 'row', 'count', '#', 'unnamed 0'),
  ),
  rule('time', word('time ?stamps?', 'timestamps?', 'unix( ?time)?', 'lsl', 'datetime', 'sys ?clock')),
  rule('time', whole('time', 'times', 'clock', 'elapsed( time)?', 'date', 'time (s|ms|us|sec|seconds)')),
  rule('battery', word('battery', 'batt', 'bat', 'supply')),
  rule(
    'impedance',
    word('quality', 'sqi', 'cq', 'raw ?cq', 'hsi', 'contact(?! ?\\d)', 'snr', 'rssi', 'artefact|artifact'),
  ),
  rule('measure', word('delta', 'theta', 'alpha', 'beta', 'gamma', 'attention', 'meditation', 'entropy')),
  rule('measure', word('pow', 'bis', 'sef', 'score', 'pvc', 'st (i|ii|iii|v\\d?|av[rlf])', 'elements')),
  // Numbers and gases of monitors, before the waves that they are named after.
  rule('ppg', word('(spo2|sao2|pulse|oximet\\w*) ?(wave\\w*|pleth\\w*)', 'finger pulse')),
  rule('saturation', word('sp ?o2', 'sa ?o2', 'so2', 'osat', 'sat', 'o2 ?sat', 'oxygen sat\\w*')),
  rule('saturation', word('perf(usion)?', 'rso2')),
  rule('measure', word('resp(iration|iratory)? ?rate', 'breath(ing)? ?rate', 'resprate', 'rr ?(resp|avg)')),
  rule('heart-rate', word('heart ?rate', 'pulse ?rate', 'h[. ]r\\.?', 'dhr', 'ibi', 'rri', 'r-r', 'bpm')),
  rule('heart-rate', word('(ecg|ekg|ppg|pleth|bvp)[ _.-]?(hr|rate)')),
  beside('heart-rate', word('hr', 'rr', 'pr')),
  rule(
    'heart-rate',
    word(
      'herz(frequenz|rate)',
      'hartslag',
      'f ?hr',
      'fr[ei]quen[czt]\\w* ?cardia\\w*',
      'frecuencia ?cardiaca',
    ),
  ),
  beside('heart-rate', whole('pulse?', 'puls(o|frequenz)', 'pouls', 'polso', 'beats?')),
  rule(
    'marks',
    word(
      'r_? ?peaks?',
      'marken?',
      'markierung(en)?',
      'ereignis(se)?',
      'evenements?',
      'eventos?',
      'marqueurs?',
      'marcador\\w*',
    ),
  ),
  rule('marks', whole('mk', 'taste', 'peaks?')),
  rule('counter', word('z(a|ae)hler', 'laufnummer', 'compteur', 'contador', 'contatore')),
  rule('time', whole('zeit(stempel)?', 'uhrzeit', 'temps', 'tiempo', 'horodatage')),
  rule('battery', word('batterie', 'bateria', 'batteria', 'akku', 'vbatt?')),
  rule(
    'saturation',
    word(
      'sauerstoff\\w*',
      'sattigung',
      'saettigung',
      'saturation',
      'saturacion',
      'saturazione',
      'zuurstof\\w*',
    ),
  ),
  rule('temperature', word('(haut|korper|koerper|raum)?temp(eratur[ae]?|eratuur)', 'rektal\\w*')),
  rule('eda', word('hautleit\\w*', 'hautwiderstand')),
  rule(
    'acceleration',
    word(
      'beschleunig\\w*',
      'beschl',
      'aceleracion',
      'accelerazione',
      'bewegung(en)?',
      'mouvements?',
      'movimient\\w*',
    ),
  ),
  rule('sound', word('schnarch\\w*', 'mikrofon', 'ronfl\\w*', 'ronqui\\w*', 'russament\\w*', 'snurk\\w*')),
  rule('position', word('(korper|koerper)?lage', 'posicion', 'posizione', 'positie')),
  rule('light', word('licht', 'lumiere', 'luce', 'luz')),
  rule('gas', word('agt')),
  rule('measure', word('toco', 'grip', 'stroke ?vol(ume)?', 'flattening')),
  rule('measure', whole('sv')),
  rule('gas', word('(et|pet|tc|ptc|fi|in|pa)?_? ?co2( ?wave\\w*)?', 'fi ?o2', 'et ?o2', 'capno\\w*')),
  rule('temperature', word('temp', 'temperatures?', 't_?skin', 't_?body', 't_?core', 'therm(al)? ?temp')),
  rule('eda', word('eda', 'gsr', 'scl', 'scr', 'edg', 'edr_?eda', 'electro ?dermal( activity)?')),
  rule('eda', word('skin ?cond\\w*', 'galvanic\\w*', 'conductance')),
  rule('acceleration', word('acc', 'accel', 'acceler\\w*', 'acc[xyz]', 'accel[xyz]', 'a_[xyz]', 'gravity')),
  rule('acceleration', word('activity', 'actigraph\\w*', 'movement', 'motion', 'mvt', 'jerk', 'imu', 'mot')),
  rule('acceleration', whole('a[xyz]')),
  rule('rotation', word('gyr', 'gyro', 'gyroscope', 'gyr[xyz]', 'gyro[xyz]', 'angular ?(velocity|rate)')),
  rule('rotation', whole('g ?[xyz]')),
  rule('magnetic', whole('m ?[xyz]')),
  rule('magnetic', word('mag', 'magn', 'magnetometer', 'mag[xyz]', 'magneto')),
  rule(
    'sound',
    word('snor\\w*', 'p ?snore', 'mic', 'microphone', 'sound', 'audio', 'acoustic', 'pcg', 'phono\\w*'),
  ),
  rule('sound', word('tracheal?', 'heart ?sounds?')),
  rule('position', word('position', 'pos', 'posture', 'body ?pos\\w*', 'elevation')),
  rule('position', whole('body')),
  rule('light', word('light', 'lux', 'ambient', 'photo', 'photo(diode|sensor|cell)', 'illumin\\w*')),
  rule('gaze', word('gaze', 'pupil', 'eye ?gaze', 'eye ?track\\w*')),
  rule('nirs', word('nirs', 'fnirs', 'hbo', 'hbr', 'hbt', 'o2hb', 'hhb', 'tsi')),
  rule('measure', word('force', 'load ?cell', 'fsr', 'angle', 'speed', 'velocity', 'weight', 'lc_\\d')),
  rule('measure', whole('erg.*', 'ergo.*')),
  // Waves by their own names.
  rule('respiration', word('inductance plethysmo\\w*', 'resp(iratory)? plethysmo\\w*', 'rip')),
  rule(
    'ppg',
    word('ppg', 'pleth', 'plet', 'plethysmo\\w*', 'photo ?plethysmo\\w*', 'bvp', 'ppg(red|ir|green)'),
  ),
  rule('ecg', word('ecg', 'ekg', 'electrocardio\\w*', 'ecg\\d*[a-z]', 'ekg[lr]')),
  rule('eog', word('eog', '[a-z]{1,2}eog', 'eog[lr]', 'electrooculo\\w*', 'loc', 'roc', 'eye', 'ocular')),
  rule('eog', word('[lr](uc|lc)', 'lue', 'rae', '[lr]heog', '(left|right) ?eye')),
  rule('eog', /^[e][12][-:/_ ]?[am][12]$/),
  rule(
    'emg',
    word('emg', 'emg[lr]', 'electromyo\\w*', '[lrc]?chin', 'chin[lrz]', 'submental', 'mentalis', 'tib\\w*'),
  ),
  rule(
    'emg',
    word('legs?', '[lr]_?legs?', 'leg[lr]', 'plm[lr]?', 'masseter', 'deltoid', 'biceps', 'intercostal'),
  ),
  rule('emg', word('(left|right|l|r)[ _/.-]?(arm|leg|tib)', 'arm[ _/.-]?(l|r|left|right)', 'fds', 'edb')),
  rule('emg', whole('[lr]at ?[12]?([ /-][lr]at ?[12]?)?', '[ds]x ?1[ -][ds]x ?2')),
  rule(
    'respiration',
    word('resp', 'resp[acn]', 'respirations?', 'respiratory', 'rsp', 'breath(s|ing)?', 'c-?pap'),
  ),
  rule(
    'respiration',
    word('air ?flow', 'new ?air', 'flow', 'x ?flow', 'p ?flow', 'nasal', 'oro ?nasal', 'oral'),
  ),
  rule('respiration', word('n ?pres', 'p ?nasal', 'ptaf', 'cannula', 'canula', 'therm(al)?', 'thermist\\w*')),
  rule(
    'respiration',
    word('thermo ?couple', 'termistore', 'belt', 'effort', 'thor?', 'thorax', 'thoracic', 'thx'),
  ),
  rule(
    'respiration',
    word('torace', 'addome', 'abdo?', 'abdom\\w*', 'chest', 'x ?sum', 'rip ?sum', 'bi ?pap'),
  ),
  rule(
    'respiration',
    word('[ie]pap', '(pap|pt|mask|patient)[ _]?(flow|flo|leak|press\\w*|pt)', 'leak', 'mask'),
  ),
  rule(
    'respiration',
    word('tid(al)? ?vol(ume)?', 'airway', 'awp', 'paw', 'spiro\\w*', 'x ?pap', 'ventilat\\w*'),
  ),
  rule('respiration', whole('pres', 'sum', 'vt', 'thermal', 'volume')),
  rule(
    'respiration',
    word(
      'atm(ung)?',
      'atem\\w*',
      '(nasen)?fluss',
      'bauch\\w*',
      'brust\\w*',
      'rib ?cage',
      'awf',
      'ademhaling',
    ),
  ),
  rule(
    'respiration',
    word(
      'respira(cion|toire|zione|toria)',
      'respiro',
      'flu(jo|sso|xo?)',
      'debit',
      'nasale?',
      'tora(x|cic[oa])',
      'ventre',
      'luchtstroom',
    ),
  ),
  rule(
    'emg',
    word(
      'beine?',
      '(linkes|rechtes) ?bein',
      'kinn',
      'jambes?',
      'menton(nier)?',
      'mento(niero)?',
      'piernas?',
      'gamb[ae]',
      'milo',
      'deltoide',
      'muskel\\w*',
    ),
  ),
  rule('eog', word('augen?', 'oeil', 'yeux', 'ojos?', 'occhi[oi]?')),
  rule('pressure', word('blutdruck', 'druck', 'pressions?', 'presion', 'pressione', 'bloeddruk')),
  rule('pressure', word('abp', 'n?i?bp', 'nbp', '(sys|dia)?bp', 'cvp', 'icp', 'iabp', 'cpp', 'aobp', 'pawp')),
  rule(
    'pressure',
    word('art(erial)?', 'bp', 'blood ?pressure', 'pressure', 'press', 'finap\\w*', 'portapres'),
  ),
  rule('pressure', word('[nia]bp ?(sys|dia|mean)\\w*', 'uncalibrated bp', 'systolic', 'diastolic')),
  rule(
    'pressure',
    whole('([rlup]|um|ab)?ap ?\\d?', 'pap', '[lr]vp', 'u[av]p', 'fap', 'bap', 'ao', 'map', 'sbp', 'dbp'),
  ),
  rule('pressure', whole('ic ?[12]', 'pa')),
  rule('impedance', word('impedances?', 'imp', 'icg', 'z0', 'dz')),
  rule('reference', whole('(v?ref|reference|gnd|ground|cms|drl)', 'ref eeg.*')),
  rule('ieeg', word('seeg', 'ieeg', 'ecog', 'lfp', 'dbs', 'electrocortico\\w*')),
  rule('ieeg', /^(pol |eeg )?(l|r|left|right)?[ _-]?(grid|strip|depth)[ _-]?[a-z]?\d+/),
  rule('eeg', word('eeg', 'electroencephalo\\w*', 'eeg\\d*[a-z]?')),
  beside(
    'auxiliary',
    word('aux\\d*', 'auxiliary', 'analog(ue)?', 'dc ?\\d+', 'exg', 'ext', 'bip', 'adc', 'misc'),
  ),
  beside('acceleration', whole('[xyz]')),
  beside('auxiliary', /^(pol )?(\$.+|[ex]|x ?\d+|bn ?\d+|m?ark ?\d+)$/),
];

/** Colours of a pulse oximeter's lights: such a name means them only beside a PPG. */
export const LIGHT_COLOURS = whole('red', 'ir', 'infra ?red', 'green', 'blue');
