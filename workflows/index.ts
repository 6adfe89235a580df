/** What the command and the page both do, on model, data and engine alone. Runs in browsers as in Node. */
export { type ChannelUse, channelUse, contractInWords, usesInWords } from './channel-contract.ts';
export { droppedInWords } from './dropped.ts';
export { BatchEncoder, TokenEncoder } from './encode.ts';
export { type Columns, handcrafted, logBands } from './labelled/columns.ts';
export { type Divisible, divideBySubject, holdOutValidation } from './labelled/division.ts';
export { type Level, recordingLevel, windowLevel } from './labelled/levels.ts';
export { type ResamplingOptions, type Scored, type TableRow, tableRows } from './labelled/outcome.ts';
export { type ProbeTable, type ProbeTableInput, probeTables } from './labelled/probe.ts';
export {
  PROBE_DEFAULTS,
  PROTOCOLS,
  type ProbeTableSettings,
  type ProtocolName,
} from './labelled/protocol.ts';
export { type Separation, separationInWords, separationOf } from './labelled/separation.ts';
export { type LabelledPlace, type Task, type TaskOptions, taskOf } from './labelled/task.ts';
export { type TokenColumns, tokensOf } from './labelled/tokens.ts';
export { cautionInWords, cautionOf, verdict, verdicts } from './labelled/verdict.ts';
export { ProgressLine, type Say } from './progress.ts';
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
  costingLess,
  costingLessNotes,
  isShown,
  type RecordingYardsticks,
  verdictOf,
  yardsticksOfRecordings,
} from './yardsticks/recordings.ts';
export {
  componentsOf,
  type LossTable,
  lossTable,
  meanOverSources,
  pcaLossOf,
  yardstickLines,
} from './yardsticks/table.ts';
