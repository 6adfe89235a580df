import { expect, it } from 'vitest';
import { runInBrowser } from './launch.ts';

it('remembers and forgets a note in the browser', async () => {
  const recalled = await runInBrowser<(string | null)[]>('test/browser/modules/remember.ts', 'kernels');
  expect(recalled).toEqual([null, 'kernels', null]);
});
