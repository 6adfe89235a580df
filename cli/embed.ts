import { embedInto } from './common/embed/embed-into.ts';
import { EMBED_HELP, EMBED_OPTIONS } from './common/embed/options.ts';
import { UsageError } from './common/errors.ts';
import { helpText, parseOptions } from './common/options.ts';
import { print } from './common/terminal.ts';
import { columns } from './common/text.ts';
/** Writes the `h_cls` of every window of the recordings. Returns the exit code: 130 where it was interrupted. */
export async function embed(argv: readonly string[]): Promise<number> {
  const { values, given, positionals, help } = parseOptions(argv, EMBED_OPTIONS);
  if (help) {
    print(helpText(EMBED_HELP, columns()));
    return 0;
  }
  if (positionals.length === 0) throw new UsageError('embed needs recordings; name files or folders.');
  if (values.out === undefined)
    throw new UsageError('embed needs --out FILE, which ends in .parquet, .npy or .csv.');
  const asked = { ...values, out: values.out };
  return embedInto({ asked, given, positionals, line: ['embed', ...argv] });
}
