/** Numbers as people, spreadsheets and devices write them: which comma or point is a decimal one, which parts thousands. */

const MISSING =
  /^(|#?n\/?a|<na>|n\.\s?a\.?|k\.\s?a\.?|[+-]?nan(\(.*\))?|nat|null|none|nil|-{1,3}|-\.-|[\u2013\u2014]{1,3}|\?+|\.+|\*{1,3}|_|~|missing|invalid|no ?data|lead ?off|[+-]?inf(inity)?|#[a-z/0]+[!?]|#n\/v|[+-]?1\.#(qnan|ind|inf))$/i;
/** "1.234", "12,345,678" and with "0,5" behind: the first group does not begin with a 0. */
const GROUPED = {
  '.': /^[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?$/,
  ',': /^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/,
} as const;
/** Thousands apart by a space or an apostrophe, which cannot be decimal marks. Where plain spaces part fields, no field has one. */
const SPACED = /^[+\u2212-]?[1-9]\d{0,2}([ \u00a0\u2009\u202f'\u2019]\d{3})+([.,]\d+)?$/;

/** The number that a field holds, NaN where it says that there is none, undefined where it is text. */
export function parseField(field: string, decimalComma: boolean): number | undefined {
  // Nearly every field is a plain number.
  if (!decimalComma || !/[.,]/.test(field)) {
    const value = Number(field);
    if (field !== '' && Number.isFinite(value)) return isDecimal(field) ? value : undefined;
  }
  if (MISSING.test(field)) return Number.NaN;
  const bare = SPACED.test(field) ? field.replace(/[ \u00a0\u2009\u202f'\u2019]/g, '') : field;
  return separated(bare.replace(/^[\u2212\u2012\u2013]/, '-'), decimalComma);
}

/** "0x1F" and "0b1" are numbers to JavaScript alone. */
function isDecimal(field: string): boolean {
  return field.length < 3 || !/^[+-]?0[xob]/i.test(field);
}

function separated(field: string, decimalComma: boolean): number | undefined {
  const [mark, thousands] = decimalComma ? ([',', '.'] as const) : (['.', ','] as const);
  const plain = field.includes(thousands)
    ? GROUPED[thousands].test(field)
      ? field.replaceAll(thousands, '')
      : undefined
    : field;
  if (plain === undefined || plain === '' || plain.split(mark).length > 2) return undefined;
  const value = Number(plain.replace(mark, '.'));
  return Number.isFinite(value) && isDecimal(plain) ? value : undefined;
}

/** What fields say of the decimal mark: only some can be read in one way. */
export interface MarksSeen {
  /** A field in which the comma is the decimal mark, as "0,004" and "1.234,5". */
  comma?: string;
  /** The same of the point. */
  point?: string;
  /** One that could be thousands or three decimals, as "1,234". */
  either?: string;
  /** A whole number below a thousand, which stands beside thousands but not beside fixed decimals. */
  small?: string;
}

/** Looks at fields until each kind was seen. */
export function marksSeen(fields: Iterable<string>): MarksSeen {
  const seen: MarksSeen = {};
  for (const field of fields) {
    const kind = markOf(field);
    if (kind) seen[kind] ??= field;
  }
  return seen;
}

function markOf(field: string): keyof MarksSeen | undefined {
  if (/^[+-]?[1-9]\d{0,2}$/.test(field)) return 'small';
  const bare = field.replace(/^[+\u2212-]/, '');
  if (/^\d*,\d+(e[+-]?\d+)?$/i.test(bare)) return GROUPED[','].test(bare) ? 'either' : 'comma';
  if (/^\d*\.\d+(e[+-]?\d+)?$/i.test(bare)) return GROUPED['.'].test(bare) ? undefined : 'point';
  const both = /^[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})*([.,])\d+$/.exec(bare);
  if (both && both[1] !== both[2]) return both[2] === ',' ? 'comma' : 'point';
  return undefined;
}

/** Fields with three digits behind a point, after which "977" beside them says that the point parts thousands. */
const ENOUGH = 10;

/**
 * Watches the fields of one column for a mark that could part thousands or begin decimals: "1.000" is 1000 beside "977", and 1
 * beside "0.977". What is decided is said after the last row.
 */
export class ThousandsWatch {
  readonly #decimalComma: boolean;
  #grouped: string | undefined;
  #count = 0;
  #small: string | undefined;
  #whole: string | undefined;
  #isSettled = false;

  constructor(decimalComma: boolean) {
    this.#decimalComma = decimalComma;
  }

  see(field: string): void {
    if (this.#isSettled) return;
    // "1.234" in either notation: with decimal commas it is read as 1234, with points as 1.234.
    if (/^[+-]?[1-9]\d{0,2}\.\d{3}$/.test(field)) {
      this.#grouped ??= field;
      this.#count++;
    } else if (/^[+-]?\d{1,3}$/.test(field)) {
      if (!/^[+-]?0/.test(field)) this.#small ??= field;
    } else if (/^[+-]?\d{4,}$/.test(field)) this.#whole ??= field;
    else if (/[.,]/.test(field)) this.#isSettled = true;
  }

  /** Both readings of a field that cannot be decided; undefined where there is one. */
  doubt(): { field: string; beside?: string } | undefined {
    if (this.#isSettled || this.#grouped === undefined) return undefined;
    const field = this.#grouped;
    if (this.#decimalComma) {
      if (this.#whole !== undefined) return { field, beside: this.#whole };
      return this.#small === undefined ? { field } : undefined;
    }
    const beside = this.#small ?? this.#whole;
    return beside !== undefined && this.#count >= ENOUGH ? { field, beside } : undefined;
  }
}
