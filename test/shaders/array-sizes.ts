/** An array whose size does not stand fast before pipelines are made. */
export interface Oversight {
  /** As it is written. */
  readonly size: string;
  /** The name in it that is no `const`. */
  readonly name: string;
  /** Counted from 1. */
  readonly line: number;
}

/** WGSL without its comments; every line stays where it is. Block comments nest. */
export function withoutComments(wgsl: string): string {
  let text = '';
  let depth = 0;
  for (let at = 0; at < wgsl.length; at++) {
    const two = wgsl.slice(at, at + 2);
    if (depth === 0 && two === '//') {
      while (at < wgsl.length && wgsl[at] !== '\n') at++;
      text += '\n';
    } else if (two === '/*') {
      depth++;
      at++;
      text += ' ';
    } else if (depth > 0 && two === '*/') {
      depth--;
      at++;
    } else if (depth === 0 || wgsl[at] === '\n') text += wgsl[at];
  }
  return text;
}

/** Names that a text declares with `keyword`. */
export function declared(keyword: 'const' | 'override', wgsl: string): Set<string> {
  const declaration = new RegExp(`(?<![\\p{L}\\p{N}_])${keyword}\\s+([\\p{L}_][\\p{L}\\p{N}_]*)`, 'gu');
  return new Set(Array.from(withoutComments(wgsl).matchAll(declaration), ([, name = '']) => name));
}

/**
 * Arrays, in variables, structures and aliases alike, whose size names anything but a `const`. Such a size can only
 * depend on an `override`: naga panics on some of these arrays, and takes Firefox or Deno along, and Safari is
 * reported to make some of them too small without a word.
 * @param consts names of constants; those that `wgsl` itself declares where not given
 */
export function loosenedArrays(
  wgsl: string,
  consts: ReadonlySet<string> = declared('const', wgsl),
): Oversight[] {
  const text = withoutComments(wgsl);
  const found: Oversight[] = [];
  for (const { index, 0: head } of text.matchAll(/(?<![\p{L}\p{N}_])array\s*</gu)) {
    const size = templateArguments(text, index + head.length)[1];
    for (const [name] of size?.matchAll(/(?<![\p{L}\p{N}_.])[\p{L}_][\p{L}\p{N}_]*/gu) ?? []) {
      if (consts.has(name)) continue;
      found.push({
        size: (size ?? '').trim().replace(/\s+/g, ' '),
        name,
        line: text.slice(0, index).split('\n').length,
      });
      break;
    }
  }
  return found;
}

/** The arguments of a template list that begins at `start`, behind its `<`. */
function templateArguments(text: string, start: number): string[] {
  const parts = [''];
  let angles = 1;
  let brackets = 0;
  for (let at = start; at < text.length; at++) {
    const two = text.slice(at, at + 2);
    const one = text[at] ?? '';
    let taken = one;
    if (two === '<<' || two === '<=' || two === '>=') taken = two;
    else if ('(['.includes(one)) brackets++;
    else if (')]'.includes(one)) brackets--;
    else if (brackets === 0 && one === '<') angles++;
    else if (brackets === 0 && one === '>') angles--;
    if (angles === 0) break;
    at += taken.length - 1;
    if (one === ',' && angles === 1 && brackets === 0) parts.push('');
    else parts[parts.length - 1] += taken;
  }
  return parts;
}
