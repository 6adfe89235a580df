import { readShader } from '#platform';
import { KernelError } from '../errors.ts';

// The first line of a kernel's file names the pieces that stand before it, in their order, as files of shaders/:
//
//   // joins: lib/stored_{f32,f16}, lib/values_{1,4}, lib/ieee
//
// Of `{a,b}` each kernel takes one. A file that stands alone says `// joins: nothing`. Pieces join nothing themselves.

/** The pieces of a joins line, each as its alternatives; null where the text does not begin with such a line. */
export function joinsOf(text: string): readonly (readonly string[])[] | null {
  const line = /^\/\/ joins: (.+)/.exec(text)?.[1]?.trim();
  if (line === undefined) return null;
  // At the commas that no brace encloses.
  return line === 'nothing' ? [] : line.split(/,(?![^{]*\})/).map((piece) => alternativesOf(piece.trim()));
}

function alternativesOf(piece: string): string[] {
  const [, head, choices, tail] = /^([^{}]*)\{([^{}]*)\}([^{}]*)$/.exec(piece) ?? [];
  return choices === undefined ? [piece] : choices.split(',').map((choice) => head + choice + tail);
}

/**
 * Files of a kernel in the order of its text: the pieces of the first line of `file`, then itself.
 * @param picks pieces, of which one stands in each `{a,b}` of that line
 * @throws KernelError where the file has no such line, or not exactly one of the alternatives is picked.
 */
export function joinedFiles(file: string, picks: ReadonlySet<string>): string[] {
  const joins = joinsOf(readShader(file));
  if (joins === null) {
    throw new KernelError(
      `shaders/${file}.wgsl does not begin with the pieces that it joins; its first line must be "// joins: lib/.., lib/.." or "// joins: nothing".`,
    );
  }
  const pieces = joins.map((alternatives) => {
    const picked = alternatives.length === 1 ? alternatives : alternatives.filter((one) => picks.has(one));
    const [piece] = picked;
    if (piece !== undefined && picked.length === 1) return piece;
    throw new KernelError(
      `shaders/${file}.wgsl joins one of ${alternatives.join(', ')}, but ${picked.join(' and ') || 'none'} was picked; a kernel must pick exactly one.`,
    );
  });
  return [...pieces, file];
}

/** The text of files one after another, their directives before everything else, as WGSL wants them. */
export function joinedText(files: readonly string[]): string {
  const directives = new Set<string>();
  const texts = files.map((file) =>
    readShader(file).replace(/^(?:enable|requires|diagnostic)\b.*;$/gm, (directive) => {
      directives.add(directive);
      return '';
    }),
  );
  return [...directives, ...texts].join('\n');
}
