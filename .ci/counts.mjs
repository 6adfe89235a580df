// Adds up the counts that vitest wrote and prints them, the total last. A file that failed before its first test counts
// as one failure, and so does a run that wrote no report: it ended before its tests (types, lint) or crashed.
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

const total = { passed: 0, failed: 0, skipped: 0 };
for (const path of process.argv.slice(2)) {
  const name = basename(path, '.json');
  if (!existsSync(path)) {
    console.log(`${name}: the tests did not run, which counts as one failure`);
    total.failed++;
    continue;
  }
  const report = JSON.parse(readFileSync(path, 'utf8'));
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const counts = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
  for (const key of Object.keys(total)) total[key] += counts[key];
  console.log(`${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
}
console.log(`${total.passed} passed, ${total.failed} failed`);
