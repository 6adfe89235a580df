/** Verbs that are several commands: `spotr data scan`, `spotr weights fetch`. */
import { UsageError } from './errors.ts';
import { nearest } from './options.ts';
import { print } from './terminal.ts';
import { definitionList, type Row, wrap } from './text.ts';

export interface Subverb {
  readonly summary: string;
  readonly run: (argv: readonly string[]) => Promise<number>;
}

/** Runs the command that `argv` begins with. `about`: what all have in common, for the overview. */
export async function runSubverb(
  verb: string,
  subverbs: Readonly<Record<string, Subverb>>,
  argv: readonly string[],
  about: string,
): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h') {
    print(overview(verb, subverbs, about));
    return name === undefined ? 2 : 0;
  }
  const subverb = Object.hasOwn(subverbs, name) ? subverbs[name] : undefined;
  if (subverb) return subverb.run(rest);
  const near = nearest(name, Object.keys(subverbs));
  throw new UsageError(
    `${verb} has no command "${name}"; ${near ? `did you mean ${near}?` : `known are ${Object.keys(subverbs).join(', ')}.`}`,
  );
}

function overview(verb: string, subverbs: Readonly<Record<string, Subverb>>, about: string): string {
  const rows = Object.entries(subverbs).map(([name, { summary }]): Row => [name, summary]);
  return [
    `Usage: spotr ${verb} COMMAND [options]`,
    '',
    'Commands',
    ...definitionList(rows, 10, 100),
    '',
    ...wrap(`spotr ${verb} COMMAND --help explains a command. ${about}`, 100),
  ].join('\n');
}
