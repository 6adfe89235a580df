/** Opens an adapter, adds two numbers on it and ends by itself: what `node.test.ts` starts as a process of its own. */
import { requestAdapter } from '#platform';
import { addOnAdapter } from './add-on-adapter.ts';

const { adapter, kind, description } = await requestAdapter();
const sum = await addOnAdapter(adapter, 19, 23);
console.log(JSON.stringify({ kind, description, sum }));
