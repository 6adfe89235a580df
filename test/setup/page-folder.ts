import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of this run, in which the first test that opens the page builds it for all: nothing of an earlier run is used. */
export default function makePageFolder(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'spotr-page-'));
  process.env.SPOTR_TEST_PAGE = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
