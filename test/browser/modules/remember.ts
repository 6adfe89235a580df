import { recall, remember } from '#platform';

/** What is recalled before anything was remembered, then after, then after it was forgotten. */
export default async function rememberAndForget(text: string): Promise<(string | null)[]> {
  const recalled = [await recall('note')];
  await remember('note', text);
  recalled.push(await recall('note'));
  await remember('note', null);
  return [...recalled, await recall('note')];
}
