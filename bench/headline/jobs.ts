import type { Row } from '../contract.ts';
import type { Extent } from '../suite/cases/index.ts';
import type { Job } from '../suite/job.ts';
import { CONTENDERS, headlineRows } from './index.ts';
import { FULL, QUICK } from './measure.ts';
import { QUICK_SHAPES, SHAPES, shapeName, type WindowShape } from './shapes.ts';

/** The comparison as jobs of the suite, one a window: its encoders are timed by turns. */
export function headlineJobs(extent: Extent): Job[] {
  return (extent === 'quick' ? QUICK_SHAPES : SHAPES).map((window) => ({
    id: `headline/${shapeName(window)}`,
    group: 'headline',
    family: 'headline',
    shape: shapeName(window),
    weight: weightOf(window, extent),
    // Three models of the base size take a processor a minute a window: not when time is short.
    onlyAsked: extent === 'quick',
    run: async ({ open }) => {
      const rows: Row[] = [];
      for await (const row of headlineRows(open, { quick: extent === 'quick', windows: [window] })) {
        rows.push(row);
      }
      return rows;
    },
  }));
}

/** Where a forward pass takes long, the least number of rounds decides, and of MOMENT's as much is run as of others. */
function weightOf(window: WindowShape, extent: Extent): number {
  const { least } = extent === 'quick' ? QUICK : FULL;
  const [spotr, flattened] = CONTENDERS;
  const work = spotr.work(window).multiplyAdds + 2 * flattened.work(window).multiplyAdds;
  return 2 * work * (least + 2) + OPENING;
}

/** Drawing and uploading three models' weights and compiling, as floating-point operations. */
const OPENING = 5e10;
