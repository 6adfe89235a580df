import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose files take a minute and more come first: one left for the end would have a worker idle. */
const LONG = ['demo', 'golden', 'browser', 'cli', 'engine', 'bench'];

/** Files that share a process, all in a row, then those with one of their own, the long ones before the others. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      if (!project.config.isolate) return -1;
      const at = LONG.findIndex((folder) => moduleId.includes(`/test/${folder}/`));
      return at < 0 ? LONG.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
