/** What the command and the page both do, on model, data and engine alone. Runs in browsers as in Node. */
export { droppedInWords } from './dropped.ts';
export { BatchEncoder } from './encode.ts';
export { type Columns, handcrafted, raw } from './labelled/baselines.ts';
export { type Divisible, divideBySubject, setApartValidation } from './labelled/division.ts';
export { type ResamplingOptions, type Scored, type TableRow, tableRows } from './labelled/outcome.ts';
export { PROBE_DEFAULTS, type ProbeTable, type ProbeTableInput, probeTable } from './labelled/probe.ts';
export { type Separation, separationInWords, separationOf } from './labelled/separation.ts';
export { type LabelledPlace, type Task, type TaskOptions, taskOf } from './labelled/task.ts';
export { tokensOf } from './labelled/tokens.ts';
export { cautionInWords, cautionOf, verdict } from './labelled/verdict.ts';
export { type ComparisonOptions, yardsticksOf } from './yardsticks/compare.ts';
export { type FindingsOptions, findingsOf } from './yardsticks/findings.ts';
export {
  heldOutLosses,
  type Losses,
  type PcaLoss,
  type SourceLosses,
  withYardsticks,
  type Yardsticks,
} from './yardsticks/losses.ts';
export {
  componentsOf,
  type LossTable,
  lossTable,
  meanOverSources,
  pcaLossOf,
  yardstickLines,
} from './yardsticks/table.ts';
