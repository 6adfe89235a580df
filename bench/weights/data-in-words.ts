/** Where the training data come from and under which licences, for the model card. */
import { groupBy, kindsInWords, type ManifestEntry } from '../../data/index.ts';
import { GENERATED, SOURCES } from './sources.ts';

/** Markdown. `entries`: of the manifest that was trained on; `command` makes the weights again. */
export function dataInWords(entries: readonly ManifestEntry[], command: string): string {
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
    heldOutInWords(entries),
    '',
    `Made by \`${command}\`, which shows each of its commands.`,
  ].join('\n');
}

/** Of which the held-out losses are. */
function heldOutInWords(entries: readonly ManifestEntry[]): string {
  const recorded = entries.filter(({ split }) => split !== undefined);
  const sets = [...groupBy(recorded, ({ dataset = '' }) => dataset)].flatMap(([name, members]) => {
    const held = members.filter(({ split }) => split === 'validation').length;
    return held > 0 ? [`${held} of ${members.length} recordings of ${name}`] : [];
  });
  const isMeasured = new Set(
    recorded.flatMap(({ split, modality }) => (split === 'validation' ? modality : [])),
  );
  const others = [...new Set(SOURCES.map(({ modality }) => modality))].filter(
    (kind) => !isMeasured.has(kind),
  );
  return [
    `Measured on, and not trained on: ${[...sets, 'the subjects that the generator assigns to validation'].join(', ')}.`,
    ...(others.length > 0
      ? [`So the held-out losses of ${kindsInWords(others)} are of generated signals.`]
      : []),
  ].join(' ');
}
