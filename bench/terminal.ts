import type { Results } from './contract.ts';
import type { Listener, Progress } from './suite/suite.ts';
import { headingLine, rooflineLines, rowLines, showLeft } from './suite/table.ts';
import { targetLines } from './suite/targets.ts';

/** Prints rows as they come, under a heading a family; on a terminal, the row under way and the time left below them. */
export function terminalListener(stopped: () => boolean): Listener {
  const live = process.stdout.isTTY === true;
  let family = '';
  const clear = () => {
    if (live) process.stdout.write('\r\u001b[2K');
  };
  const progressText = ({ done, total, secondsLeft }: Progress) =>
    [`${done} of ${total}`, secondsLeft === null ? '' : `${showLeft(secondsLeft)} left`]
      .filter(Boolean)
      .join(', ');
  const heading = (next: string, progress: Progress) => {
    if (next === family) return;
    family = next;
    console.log(`\n${next}  (${progressText(progress)})`);
    console.log(headingLine());
  };
  return {
    stopped,
    roofline(roofline) {
      clear();
      for (const line of rooflineLines(roofline)) console.log(line);
    },
    starting(job, progress) {
      if (live) process.stdout.write(`\r\u001b[2K  ${job.id}  (${progressText(progress)})`);
    },
    row(row, progress) {
      clear();
      heading(row.family, progress);
      for (const line of rowLines(row)) console.log(line);
    },
    failure({ id, message }, progress) {
      clear();
      console.log(`FAILED ${id}: ${message} (${progressText(progress)})`);
    },
  };
}

/** The end of a run: targets, and what failed once more. */
export function printSummary({ rows, failures }: Results, seconds: number): void {
  console.log(`\n${rows.length} rows in ${showLeft(seconds)}.`);
  for (const line of targetLines(rows)) console.log(`  ${line}`);
  if (failures.length > 0) {
    console.log(`\n${failures.length} ${failures.length === 1 ? 'row' : 'rows'} failed:`);
    for (const { id, message } of failures) console.log(`  ${id}: ${message}`);
  }
}
