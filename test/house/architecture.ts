/** Everything of docs/architecture.md that is made from the sources. */
import { importsOf, sourceFiles } from './imports.ts';
import { modelPicture } from './model-picture.ts';
import { housePicture } from './picture.ts';
import { WALKS, walkPicture, walkTable } from './walks.ts';

export interface Architecture {
  /** Pictures by their paths from the root. */
  readonly files: Readonly<Record<string, string>>;
  /** The page, with its tables between the marks. */
  readonly page: string;
}

export function architecture(page: string): Architecture {
  const imports = importsOf(sourceFiles());
  const pictures = WALKS.map((walk) => [`docs/${walk.name}.svg`, walkPicture(walk)] as const);
  return {
    files: {
      'docs/architecture.svg': housePicture(imports),
      'docs/model.svg': modelPicture(),
      ...Object.fromEntries(pictures),
    },
    page: WALKS.reduce((text, walk) => {
      const [open, close] = [`<!-- ${walk.name} -->\n`, '\n<!-- end -->'];
      const from = text.indexOf(open);
      const to = text.indexOf(close, from);
      if (from < 0 || to < 0) throw new Error(`docs/architecture.md lacks the marks of ${walk.name}.`);
      return text.slice(0, from + open.length) + walkTable(walk) + text.slice(to);
    }, page),
  };
}
