/** Where the training data come from and under which licences, for the model card. */
import { GENERATED, SOURCES } from './sources.ts';

/** Markdown. `command` makes the weights again. */
export function dataInWords(command: string): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rows = SOURCES.map(({ dataset, modality, window, licence, origin }) =>
    line([dataset, modality, `${window} s`, licence, origin]),
  );
  const generated = GENERATED.map(({ path, window }) => `\`${path}\` (${window} s)`).join(', ');
  return [
    'Recordings that were published under licences which let these weights be given away, and generated signals:',
    '',
    line(['data set', 'kind', 'windows', 'licence', 'origin']),
    line(['---', '---', '---', '---', '---']),
    ...rows,
    '',
    `Generated, the subjects that the generator assigns to training: ${generated}. No recording and no generated subject that a labelled task of this project is tested on was trained on.`,
    '',
    `Made by \`${command}\`, which shows each of its commands.`,
  ].join('\n');
}
