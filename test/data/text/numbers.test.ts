import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../base/bytes.ts';
import { openCsv } from '../../../data/formats/text/csv.ts';
import { parseField } from '../../../data/formats/text/numbers.ts';
import { ecg, firstOf, labelsOf, lines, open } from './open.ts';

const point = (value: number, digits = 3) => value.toFixed(digits);
const comma = (value: number, digits = 3) => value.toFixed(digits).replace('.', ',');
const grouped = (value: number, mark: string) => String(value).replace(/\B(?=(\d{3})+$)/g, mark);

describe('parseField', () => {
  it.each<[string, boolean, number | undefined]>([
    ['1e-3', false, 0.001],
    ['+5', false, 5],
    ['-.5', false, -0.5],
    ['\u22125.5', false, -5.5],
    ['1,234.5', false, 1234.5],
    ['1,234,567', false, 1_234_567],
    ["1'234.5", false, 1234.5],
    ['1\u202f234', false, 1234],
    ['1.234,5', true, 1234.5],
    ['1.234.567', true, 1_234_567],
    ['1\u00a0234,5', true, 1234.5],
    ['\u22120,5', true, -0.5],
    ['1,5e-3', true, 0.0015],
    ['NaN', false, Number.NaN],
    ['-nan(ind)', false, Number.NaN],
    ['#N/A', true, Number.NaN],
    ['1.#QNAN', false, Number.NaN],
    ['', true, Number.NaN],
    ['-', false, Number.NaN],
    ['12.5', true, undefined],
    ['0.001', true, undefined],
    ['12,5', false, undefined],
    ['0,123', false, undefined],
    ['1,23,4', false, undefined],
    ['0x1F', false, undefined],
    ['0b1', true, undefined],
    ['1_000', false, undefined],
    ['12 V', false, undefined],
  ])('%j, decimal comma %s: %s', (field, decimalComma, value) => {
    expect(parseField(field, decimalComma)).toEqual(value);
  });
});

describe('numbers of a table', () => {
  it('have points between thousands where commas are decimal', async () => {
    const whole = (i: number) => 975 + 7 * (i % 9);
    const text = `Zeit;PPG\n${lines(300, (i) => `${comma(0.004 * i)};${grouped(whole(i), '.')}`)}`;
    expect(await firstOf(await open(text), 9)).toEqual([975, 982, 989, 996, 1003, 1010, 1017, 1024, 1031]);
    const both = `Zeit;PPG\n${lines(300, (i) => `${comma(0.004 * i)};${grouped(whole(i), '.')},5`)}`;
    expect((await firstOf(await open(both), 5))[4]).toBe(1003.5);
    // Thousands may come late.
    const late = `Zeit;PPG\n${lines(300, (i) => `${comma(0.004 * i)};${grouped(i < 100 ? 900 + (i % 9) : 1100 + i, '.')}`)}`;
    expect((await firstOf(await open(late), 300))[299]).toBe(1399);
  });

  it('are refused where a mark may mean two things, with both', async () => {
    const only = `Zeit;PPG\n${lines(300, (i) => `${comma(0.004 * i)};1.${200 + (i % 9)}`)}`;
    await expect(open(only)).rejects.toThrow(/"1\.200" in column PPG, which may be 1200 or 1\.2,/);
    const beside = `Zeit;PPG\n${lines(300, (i) => `${4 * i};${i % 2 ? '1.001' : '977'}`)}`;
    await expect(open(beside)).rejects.toThrow(
      /"1\.001" beside "977" in column PPG, which may be 1001 or 1\.001/,
    );
    const mixed = `Zeit;PPG\n${lines(300, (i) => `${comma(0.004 * i)};${point(0.5 + ecg(i))}`)}`;
    await expect(open(mixed)).rejects.toThrow(
      /the comma is the decimal mark, and "0\.\d+", where the point is/,
    );
    const pairs = `A;B\n${lines(99, (i) => `1,${200 + i};2,${300 + i}`)}`;
    await expect(open(pairs, { rate: 100 })).rejects.toThrow(/"1,200", which may be 1200 or 1\.2/);
    expect(await firstOf(await open(pairs, { rate: 100, decimalComma: true }), 1)).toEqual([1.2]);
    // Three decimals are no doubt by themselves.
    const plain = `time;PPG\n${lines(300, (i) => `${4 * i};1.${200 + (i % 9)}`)}`;
    expect(await firstOf(await open(plain), 1)).toEqual([1.2]);
  });

  it('stand in quotes with commas of either kind', async () => {
    const decimal = `"time","ECG"\n${lines(300, (i) => `"${comma(0.004 * i)}","${comma(ecg(i))}"`)}`;
    expect(await firstOf(await open(decimal), 1, 0)).toEqual([Number(point(ecg(0)))]);
    const thousands = `time,PPG\n${lines(300, (i) => `${point(0.004 * i)},"${grouped(975 + 7 * (i % 9), ',')}"`)}`;
    expect((await firstOf(await open(thousands), 5))[4]).toBe(1003);
  });

  it('of one column may have decimal commas, and two columns of whole numbers stay two', async () => {
    const own = (i: number) => comma(ecg(i) - 0.3);
    for (const header of ['', 'ECG\n', 'Sample Rate,250 Hz\nUnit,mV\n']) {
      const recording = await open(`${header}${lines(300, own)}`, { rate: 250 });
      expect(recording.channels.length).toBe(1);
      expect(await firstOf(recording, 9)).toEqual(
        Array.from({ length: 9 }, (_, i) => Number(point(ecg(i) - 0.3))),
      );
    }
    const two = await open(
      lines(300, (i) => `${(i * 5) % 17},${(i * 13) % 100}`),
      { rate: 250 },
    );
    expect(two.channels.length).toBe(2);
    const counted = await open(
      lines(300, (i) => `0,${10 + ((i * 13) % 90)}\n1,${20 + (i % 7)}`),
      { rate: 250 },
    );
    expect(counted.channels.length).toBe(2);
  });

  it('of one decimal in one column without a name are refused', async () => {
    const rows = lines(300, (i) => `${Math.round(900 + 40 * ecg(i))},${(7 * i + ((i * i) % 3)) % 10}`);
    await expect(open(rows, { rate: 250 })).rejects.toThrow(
      /one number with a decimal comma or two whole ones/,
    );
    expect((await open(`PPG\n${rows}`, { rate: 250 })).channels.length).toBe(1);
    expect((await open(`red,ir\n${rows}`, { rate: 250 })).channels.length).toBe(2);
    expect(
      (
        await open(
          lines(300, (i) => `${500 + (i % 7)},${Math.floor(i / 80)}`),
          { rate: 250 },
        )
      ).channels.length,
    ).toBe(2);
  });

  it('have thousands apart by plain spaces where these part no fields', async () => {
    const rows = lines(300, (i) => `${comma(0.004 * i)};${49 + (i % 3)} ${String(100 + i)},25`);
    expect(await firstOf(await open(`t;PPG\n${rows}`), 3)).toEqual([49_100.25, 50_101.25, 51_102.25]);
    const two = await open(`a b\n${lines(300, (i) => `${40 + (i % 7)} ${200 + ((13 * i) % 90)}`)}`, {
      rate: 250,
    });
    expect(two.channels.length).toBe(2);
  });

  it('are missing where programs say so', async () => {
    for (const word of ['---', '<NA>', 'n.a.', '#NUM!', '#NULL!', '#WERT!', '*', 'lead off', 'no data']) {
      const recording = await open(
        `time,ECG,Resp\n${lines(200, (i) => `${point(0.004 * i)},${i === 3 ? word : point(ecg(i))},${i % 5}`)}`,
      );
      expect((await firstOf(recording, 4))[3], word).toBeNaN();
    }
  });

  it('in UTF-16 without its mark are read as well', async () => {
    const text = `time,ECG\n${lines(300, (i) => `${point(0.004 * i)},${point(ecg(i))}`)}`;
    const little = Uint8Array.from(Buffer.from(text, 'utf16le'));
    const big = little.map((_, i) => little[i ^ 1] as number);
    for (const bytes of [little, big])
      expect((await openCsv(memorySource('t.csv', bytes))).channels).toMatchObject([
        { label: 'ECG', rate: 250, length: 300 },
      ]);
  });

  it('of a last line that is cut short are left out, and of no other', async () => {
    const row = (i: number) => `${point(0.004 * i)},${point(ecg(i))},${i % 5}`;
    const cut = await open(`time,ECG,Resp\n${lines(300, row)}\n1.2`);
    expect(cut.channels[0]?.length).toBe(300);
    expect(cut.notes.join()).toMatch('its last line (302) is cut short; it is left out');
    await expect(open(`time,ECG,Resp\n${lines(300, row)}\n1.2\n${row(301)}`)).rejects.toThrow(
      /line 302: has 1 fields/,
    );
  });

  it('come after a line that tells the delimiter, and in UTF-16', async () => {
    const text = `sep=;\nZeit;ECG\n${lines(300, (i) => `${comma(0.004 * i)};${comma(ecg(i))}`)}`;
    expect((await open(text)).channels).toMatchObject([{ label: 'ECG', rate: 250, length: 300 }]);
    const tabs = text.replace('sep=;\n', '').replaceAll(';', '\t');
    const wide = Uint8Array.from([0xff, 0xfe, ...Buffer.from(tabs, 'utf16le')]);
    expect((await openCsv(memorySource('t.txt', wide))).channels).toMatchObject([{ rate: 250, length: 300 }]);
  });

  it('that are wrong in the first rows are no header', async () => {
    const rest = lines(300, (i) => `${point(0.004 * i + 0.004)},${point(ecg(i))}`);
    await expect(open(`time,ECG\n0,oops\n${rest}`)).rejects.toThrow(
      /line 2: holds the text "oops" in column ECG/,
    );
    await expect(open(`time,ECG\n0,1\n0.002,oops\n${rest}`)).rejects.toThrow(/line 3: holds the text "oops"/);
  });
});

describe('columns of words', () => {
  const at = (i: number, own: string) => `${point(0.004 * i)},${point(ecg(i))},${own}`;

  it('may begin empty or with zeros', async () => {
    const late = await open(`time,ECG,event\n${lines(800, (i) => at(i, i === 700 ? 'start' : ''))}`);
    expect(labelsOf(late)).toEqual(['ECG']);
    expect(await late.annotations?.()).toEqual([
      { onset: expect.closeTo(2.8, 9), duration: expect.closeTo(0.004, 9), text: 'start' },
    ]);
    const zeros = await open(`time,ECG,event\n${lines(800, (i) => at(i, i === 700 ? 'start' : '0'))}`);
    expect((await zeros.annotations?.())?.map(({ text }) => text)).toEqual(['event=0', 'start', 'event=0']);
    const other = await open(`time,ECG,operator\n${lines(800, (i) => at(i, i === 700 ? 'J. Doe' : ''))}`);
    expect(other.notes).toEqual(['the column "operator" holds texts; it is left out']);
    await expect(
      open(`time,ECG,Resp\n${lines(800, (i) => at(i, i === 700 ? 'start' : String(i)))}`),
    ).rejects.toThrow(/line 702: holds the text "start" in column Resp/);
  });

  it('may stand in rows of their own, which are no samples', async () => {
    const row = (i: number) => `${point(0.004 * i)},${point(ecg(i))},`;
    const text = `time,ECG,marker\n${lines(500, (i) => (i === 300 ? `${row(i)}\n${point(0.004 * i + 0.001)},,blink` : row(i)))}`;
    const recording = await open(text);
    expect(recording.channels).toMatchObject([{ rate: 250, length: 500 }]);
    expect(await recording.annotations?.()).toMatchObject([
      { onset: expect.closeTo(1.204, 9), text: 'blink' },
    ]);
    expect([recording.rows?.placeOf(300), recording.rows?.placeOf(302), recording.rows?.count]).toEqual([
      300, 301, 501,
    ]);
  });
});
