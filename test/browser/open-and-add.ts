import { requestAdapter } from '#platform';
import { addOnAdapter } from '../platform/add-on-adapter.ts';

export interface Added {
  kind: string;
  description: string;
  why: string;
  sum: number;
}

/** Runs in the page: opens an adapter by the browser's side of the platform and adds two numbers on it. */
export default async function openAndAdd([a, b]: [number, number]): Promise<Added> {
  const { adapter, kind, description, why } = await requestAdapter();
  return { kind, description, why, sum: await addOnAdapter(adapter, a, b) };
}
